module voxlock

go 1.24
