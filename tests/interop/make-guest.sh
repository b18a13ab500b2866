#!/usr/bin/env bash
# Makes what a guest boots (README.md): a small virtual machine with Debian's kernel, whose PPP is
# the real one, and Debian's pppd.
#
#   tests/interop/make-guest.sh DIR
#
# Makes DIR/vmlinux, the kernel that linux-image-amd64 depends on, and DIR/initrd, with busybox,
# pppd and the modules of PPP. The kernel's package is downloaded and unpacked, never installed; it
# is kept until apt-get knows of a newer one. The rest is made anew every time, in a second.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
readonly here

# In the order in which they can be loaded (guest-init.sh).
readonly modules=(
  net/slip/slhc net/ppp/ppp_generic net/ppp/ppp_async net/ppp/ppp_synctty net/ppp/ppp_deflate
  net/ppp/bsd_comp net/ppp/ppp_mppe
)
readonly library_modules=(crypto/libarc4)  # of ppp_mppe

fail() {
  printf 'make-guest.sh: %s\n' "$*" >&2
  exit 1
}

# ---- The kernel ----

# Prints NAME=VERSION of the newest kernel package that apt-get knows of.
newest_kernel() {
  local name version
  name=$(apt-cache depends linux-image-amd64 2>/dev/null |
    sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
  [[ $name ]] || return 1
  version=$(apt-cache show --no-all-versions "$name" | sed -n 's/^Version: //p')
  printf '%s=%s\n' "$name" "$version"
}

# The kernel proper, without the loader around it, which an emulated processor takes longer to unpack
# than to do all the rest. Linux' boot protocol says where it is in the file.
unpack_kernel() {
  python3 - "$1" "$2" <<'END'
import lzma
import struct
import sys

with open(sys.argv[1], "rb") as file:
    image = file.read()
sectors = image[0x1F1]
offset, length = struct.unpack_from("<II", image, 0x248)
begin = (sectors + 1) * 512 + offset
with open(sys.argv[2], "wb") as out:
    out.write(lzma.LZMADecompressor().decompress(image[begin:begin + length]))
END
}

# Leaves in the folder $1 what a guest needs of the package that was downloaded there.
unpack_package() {
  local module
  mkdir -p "$1/package" "$1/kernel/modules"
  dpkg --fsys-tarfile "$1"/*.deb | tar --extract --directory "$1/package" --wildcards \
    './boot/vmlinuz-*' './lib/modules/*/kernel/drivers/net/*' './lib/modules/*/kernel/lib/crypto/*'
  for module in "${modules[@]/#/drivers/}" "${library_modules[@]/#/lib/}"; do
    cp "$1"/package/lib/modules/*/kernel/"$module.ko" "$1/kernel/modules/"
  done
  unpack_kernel "$1"/package/boot/vmlinuz-* "$1/kernel/vmlinux"
}

download() {
  printf 'make-guest.sh: downloading %s\n' "$1"
  (cd "$work" && apt-get --quiet --quiet -o APT::Sandbox::User=root download "$1" </dev/null)
}

# What apt-get knows is from its last update: it may be nothing, or a version that is gone.
update() {
  apt-get --quiet --quiet update </dev/null ||
    fail "there is no kernel for the guest, and apt-get update failed. What it said is above."
}

# What a kernel was made from: package $1, by this script.
key_of() { printf '%s %s\n' "$1" "$(sha256sum <"$here/make-guest.sh")"; }

make_kernel() {
  local kernel
  kernel=$(newest_kernel) || { update && kernel=$(newest_kernel); } ||
    fail 'apt-get knows of no package linux-image-amd64'
  [[ $(cat "$1/kernel/key" 2>/dev/null) != "$(key_of "$kernel")" ]] || return 0
  download "$kernel" || { update && kernel=$(newest_kernel) && download "$kernel"; } ||
    fail "apt-get could not download $kernel. What it said is above."
  unpack_package "$work"
  key_of "$kernel" >"$work/kernel/key"
  rm -rf "$1/kernel"
  mv "$work/kernel" "$1/kernel"
}

# ---- What it boots into ----

# Copies program $1 to /bin of the folder $2, and the libraries it is linked with.
install_program() {
  local library
  install -m 755 "$1" "$2/bin/"
  for library in $(ldd "$1" | grep --only-matching '/[^ ]*'); do
    install -D -m 755 "$library" "$2$library"
  done
}

make_initrd() {
  local root=$work/root
  mkdir -p "$root"/{bin,dev,etc/ppp,lib/modules,proc,run,sys,tmp,var/run}
  install -m 755 "$here/guest-init.sh" "$root/init"
  install -m 755 /bin/busybox "$root/bin/"
  ln -s busybox "$root/bin/sh"
  install_program /usr/sbin/pppd "$root"
  cp "$1"/kernel/modules/*.ko "$root/lib/modules/"
  : >"$root/etc/ppp/options"
  (cd "$root" && find . | sort | cpio --create --format=newc --owner=0:0 --quiet) >"$work/initrd"
  mv "$work/initrd" "$1/initrd"
  ln -sfn kernel/vmlinux "$1/vmlinux"
}

main() {
  local directory lock
  (($# == 1)) || fail 'usage: tests/interop/make-guest.sh DIR'
  mkdir -p "$1"
  directory=$(readlink -f "$1")
  exec {lock}>"$directory/lock"
  flock "$lock"
  work=$(mktemp -d "$directory/work.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  make_kernel "$directory"
  make_initrd "$directory"
}

main "$@"
