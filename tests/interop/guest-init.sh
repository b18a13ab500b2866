#!/bin/sh
# The first process of a guest (README.md): loads PPP and does what is written to the console, where
# the answers and pppd's log are read.
#
# A line "NUMBER COMMAND..." is a line of shell, of which each line of output comes back as
# "guest:NUMBER> TEXT", and at the end "guest:NUMBER< STATUS". What is left in the background must
# print elsewhere, to the console itself say.

/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
exec </dev/ttyS0 >/dev/ttyS0 2>&1
# No echo, and no carriage returns.
stty -echo -opost

# Each before those that need it.
for module in slhc ppp_generic ppp_async ppp_synctty ppp_deflate bsd_comp libarc4 ppp_mppe; do
  insmod "/lib/modules/$module.ko"
done
ip link set lo up
# RFC 862, for every address: whatever arrives goes back.
nc -ll -p 7 -e cat </dev/null >/dev/null 2>&1 &
echo 'guest:ready'

while read -r number line; do
  {
    (eval "$line") </dev/null
    echo $? >/tmp/status
  } 2>&1 | sed "s/^/guest:$number> /"
  echo "guest:$number< $(cat /tmp/status)"
done
