#!/usr/bin/env bash
# What the compiled library asks of the system. The archive holds our own objects only, so whatever
# is undefined in it is a call of ours, however the source spells it.
# usage: calls.sh ARCHIVE
set -euo pipefail

names='socket|connect|bind|listen|accept4?|send|sendto|sendmsg|sendmmsg|recv|recvfrom|recvmsg|recvmmsg'
names+='|poll|ppoll|select|epoll_\w+|getaddrinfo|pthread_(create|join|mutex_\w+|cond_\w+|key_create)'
names+='|f?open(64)?|openat(64)?|fdopen|fclose|fread|fwrite|fputs|puts|putchar|printf|fprintf|__printf_chk'
names+='|__fprintf_chk|perror|read|write|close|stat|fstat|(secure_)?getenv|setenv|time|clock|clock_gettime'
names+='|gettimeofday|localtime(_r)?|nanosleep|usleep|sleep|system|popen|fork|execve?|signal|sigaction'
names+='|atexit|dlopen|srtp_shutdown|_ZNSt6thread\w*|_ZNSt6chrono\w*|_ZNSt\w*(fstream|filebuf)\w*'
if found=$(nm -A -u "$1" 2>/dev/null | grep -E " U ($names)(@.*)?\$"); then
  printf '%s\n' "$found"
  exit 1
fi
echo "none of the forbidden calls"
