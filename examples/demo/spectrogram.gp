# before over after; run in the folder that holds before.spectrum and after.spectrum
# The range of a single column counts as y, so this comes before the axes are set.
stats "before.spectrum" using 1 nooutput name "T"
set terminal pngcairo size 1200,800 font "sans,11"
set output "spectrogram.png"
set multiplot layout 2,1 title "One call, before and after the gateway" font "sans,14"
set view map
set palette defined (0 "#0b0c2a", 1 "#3b1b78", 2 "#a52c60", 3 "#ee6a2c", 4 "#fcfdbf")
set cbrange [-100:-30]
set cblabel "power (dBFS)"
set xlabel "time (s)"
set ylabel "frequency (kHz)"
set yrange [0:4]
set tics out nomirror
unset key
set xrange [0:T_max]
set title "before: as the caller sent it"
plot "before.spectrum" using 1:2:3 with image pixels
set title "after: as the listener heard it"
plot "after.spectrum" using 1:2:3 with image pixels
unset multiplot
