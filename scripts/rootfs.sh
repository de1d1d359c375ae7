#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# rootfs.sh ARCH [squashfs|erofs]: prints the path of the root image of the
# system under test, made first if need be: Debian packages, extracted by
# mmdebstrap, configured by their own dpkg in a QEMU machine on the base kernel,
# and packed. selftests/qemu/root says what is in it. Needs no root.

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

arch=${1:?architecture: arm64}
format=${2:-squashfs}
case $format in
squashfs | erofs) ;;
*) die "unknown image format '$format': squashfs or erofs" ;;
esac
cross_prefix "$arch" >/dev/null
need mmdebstrap sqfstar fakeroot qemu-system-aarch64
parts=$sc_root/selftests/qemu/root
mapfile -t sources < <(find "$parts" -type f | sort)
# Count the recipe up when a change of this script changes the image.
recipe=1
key=$(cache_key "$recipe" "$arch" "$sc_suite" "$sc_mirror" "${sources[@]/#$sc_root/tree:}" \
	"${sources[@]}")
out=$sc_cache/rootfs/$arch-$key
log=$sc_cache/log/rootfs-$arch

# Essential packages are extracted, so that the machine can start; the others
# only lie beside them.
extract()
{
	local fetch

	# shellcheck disable=SC2016 # the variable is mmdebstrap's
	fetch='APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get --yes -oDPkg::Use-Pty=0'
	fetch+=" install --download-only $(grep -vE '^(#|$)' "$parts/packages.txt" | tr '\n' ' ')"
	extract_packages "$arch" "$tmp/extracted.tar" --include='?essential' --include=mount \
		--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
		--extract-hook="$fetch" --skip=cleanup/apt \
		--aptopt='Dir::Cache::pkgcache ""' --aptopt='Dir::Cache::srcpkgcache ""' \
		--dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--dpkgopt='path-exclude=/usr/share/doc/*' \
		--dpkgopt='path-include=/usr/share/doc/*/copyright'
}

# What the machine starts from: the extracted tree and our own files beside it.
pack_stage()
{
	mkdir "$tmp/stage"
	install -m 755 "$parts/configure.sh" "$tmp/stage/snapcap-configure"
	cp -a "$parts/files" "$tmp/stage/snapcap-files"
	tar -C "$tmp/stage" --owner=0 --group=0 -cf "$tmp/stage.tar" snapcap-configure snapcap-files
	tar --concatenate -f "$tmp/extracted.tar" "$tmp/stage.tar"
	pack_squashfs "$tmp/extracted.tar" "$tmp/stage.squashfs"
}

# fakeroot, because the owner of the top directory is whoever runs sqfstar.
pack_squashfs()
{
	fakeroot sqfstar -quiet -no-progress -comp lz4 -b 131072 \
		-root-mode 755 "$2" <"$1"
}

configure()
{
	truncate -s 2G "$tmp/configured.tar"
	timeout 900 qemu-system-aarch64 -machine virt,gic-version=3 -cpu cortex-a72 -smp 2 \
		-m 2048 -nographic -nic none -no-reboot \
		-kernel "$kernel/arch/arm64/boot/Image" \
		-append "console=ttyAMA0 quiet panic=-1 root=/dev/vda rootfstype=squashfs ro init=/snapcap-configure" \
		-drive if=none,id=in,format=raw,readonly=on,file="$tmp/stage.squashfs" \
		-drive if=none,id=out,format=raw,cache=unsafe,file="$tmp/configured.tar" \
		-device virtio-blk-device,drive=out -device virtio-blk-device,drive=in
	grep -q '^configure: .* succeeded' "$log-configure.log"
}

pack_erofs()
{
	need mkfs.erofs
	# mkfs.erofs takes a directory only; fakeroot keeps owners and devices.
	mkdir "$tmp/tree"
	fakeroot sh -ec 'tar -C "$1" --numeric-owner -xpf "$2"; mkfs.erofs -z lz4hc "$3" "$1"' \
		sh "$tmp/tree" "$1" "$2"
}

if [ ! -f "$out/root.$format" ]; then
	cache_lock "rootfs-$arch"
	if [ ! -f "$out/root.$format" ]; then
		kernel=$("$sc_root/scripts/kernel.sh" base)
		cache_scratch rootfs
		if [ ! -d "$out" ]; then
			run_step "Debian $sc_suite for $arch: packages" "$log-packages.log" retry 3 extract
			run_step "Debian $sc_suite for $arch: staging" "$log-stage.log" pack_stage
			run_step "Debian $sc_suite for $arch: configuring in QEMU" "$log-configure.log" \
				-c "grep -cE '^(Unpacking|Setting up)' '$log-configure.log' | sed 's/\$/ steps of about 225/'" \
				configure
			mkdir "$tmp/result"
			tr -d '\r' <"$log-configure.log" >"$tmp/result/configure.log"
			mv "$tmp/configured.tar" "$tmp/result/root.tar"
			run_step "Debian $sc_suite for $arch: squashfs" "$log-squashfs.log" \
				pack_squashfs "$tmp/result/root.tar" "$tmp/result/root.squashfs"
			cache_publish "$tmp/result" "$out"
		fi
		if [ ! -f "$out/root.$format" ]; then
			run_step "Debian $sc_suite for $arch: $format" "$log-$format.log" \
				"pack_$format" "$out/root.tar" "$tmp/root.$format"
			mv "$tmp/root.$format" "$out/"
		fi
	fi
fi
cache_used "$out"
echo "$out/root.$format"
