#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# init of the machine that configures the root once: its own root is the tree
# of extracted packages, read-only. The packages are installed by their own
# dpkg over that tree, then the result goes out as a tar stream to /dev/vdb.
# A real machine in place of user-mode emulation, because that takes root, a
# mount and a binfmt registration on the host, and is not faster.

export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
export DEBIAN_FRONTEND=noninteractive DEBCONF_NONINTERACTIVE_SEEN=true

say()
{
	read -r up _ </proc/uptime
	echo "configure: $up s: $*"
}

# Without a power-off init ends, which is as final.
power_off()
{
	echo o >/proc/sysrq-trigger && sleep 60
	exit 1
}

install_packages()
{
	# Nothing may start here; dpkg's own removal at the end of this function.
	printf '#!/bin/sh\nexit 101\n' >"$new/usr/sbin/policy-rc.d"
	chmod 755 "$new/usr/sbin/policy-rc.d"
	say "unpacking"
	chroot "$new" sh -c 'dpkg --unpack --force-depends --force-unsafe-io \
		/var/cache/apt/archives/*.deb' || return 1
	say "configuring"
	chroot "$new" dpkg --configure -a --force-unsafe-io || return 1
	rm -f "$new/usr/sbin/policy-rc.d"
}

# What is ours: the files laid over, and nothing at boot that waits for a
# network that this machine has not got or repeats work on a read-only image.
adapt()
{
	# enable and mask by hand: systemctl would do no more than these links
	unit=/etc/systemd/system
	cp -a /snapcap-files/. "$new/" || return 1
	chroot "$new" passwd -q -d root || return 1
	mkdir -p "$new$unit/multi-user.target.wants" "$new$unit/sockets.target.wants"
	ln -sf /lib/systemd/system/systemd-networkd.service "$new$unit/multi-user.target.wants/"
	ln -sf /lib/systemd/system/systemd-networkd.socket "$new$unit/sockets.target.wants/"
	# started by the tests that need it
	rm -f "$new$unit/redis.service" "$new$unit/multi-user.target.wants/redis-server.service"
	for name in systemd-networkd-wait-online.service dpkg-db-backup.timer fstrim.timer; do
		ln -sf /dev/null "$new$unit/$name"
	done
	# empty: made at boot, and the boot does not count as the first
	: >"$new/etc/machine-id"
	rm -f "$new"/var/cache/apt/*.bin "$new"/var/cache/apt/archives/*.deb
	rm -rf "$new/snapcap-files" "$new/snapcap-configure" "$new"/var/lib/apt/lists/*
	rm -rf "$new"/var/cache/debconf/*-old "$new"/var/lib/dpkg/*-old "$new"/tmp/*
	rm -f "$new"/var/log/*.log "$new"/var/log/apt/*
}

mount -t proc proc /proc || exit 1
say "start"
# /tmp is the one directory that is sure to be there before base-files is.
mount -t tmpfs -o size=95% tmpfs /tmp
mkdir /tmp/upper /tmp/work /tmp/root
new=/tmp/root
mount -t overlay -o lowerdir=/,upperdir=/tmp/upper,workdir=/tmp/work overlay $new
mkdir -p $new/proc $new/sys $new/run
mount -t proc proc $new/proc
mount -t sysfs sysfs $new/sys
mount -t tmpfs tmpfs $new/run

install_packages || { say "failed: packages"; power_off; }
adapt || { say "failed: adapt"; power_off; }
umount $new/proc $new/sys $new/run
say "writing"
mount -t devtmpfs devtmpfs /dev
tar -C $new --one-file-system --numeric-owner --sort=name -cf /dev/vdb . || { say "failed: tar"; power_off; }
sync
say "succeeded"
power_off
