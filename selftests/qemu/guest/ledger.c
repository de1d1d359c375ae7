// SPDX-License-Identifier: GPL-2.0-only
/*
 * ledger FOLDER: appends records "LIFE NUMBER" to a file there, for ever. What it prints on
 * the console after a record is a promise: the record is on the disk. Its life is one more
 * than the last in the file, so a filesystem that goes back in time shows. Small files that
 * come and go keep the filesystem's own books busy.
 *
 * A record that was on its way when the power failed may be there in part, or be zeros, as
 * ubifs has it: that is cut off by the next life, as no promise was given.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONSOLE		"/dev/ttyAMA0"
#define PAUSE_US	10000
#define FILE_EVERY	4
#define FILES_KEPT	16

static char block[8192];

static void put(int fd, const char *text, size_t len)
{
	if (write(fd, text, len) != (ssize_t)len)
		err(1, "write");
}

/* Return: life of the last record; @end: where the whole records end */
static unsigned int last_life(FILE *file, off_t *end)
{
	unsigned int life = 0, found, number;
	char line[64];
	int len;

	*end = 0;
	while (fgets(line, sizeof(line), file) &&
	       sscanf(line, "%u %u%n", &found, &number, &len) == 2 && !strcmp(line + len, "\n")) {
		life = found;
		*end += len + 1;
	}
	return life;
}

static void cut_off(int ledger, int console, off_t end)
{
	off_t size = lseek(ledger, 0, SEEK_END);
	char text[64], tail[64] = "";
	ssize_t len;

	if (size == end)
		return;
	len = pread(ledger, tail, sizeof(tail), end);
	put(console, text, (size_t)snprintf(text, sizeof(text), "ledger cut off: %ld bytes, %s\n",
					    (long)(size - end),
					    len > 0 && !*tail ? "zero" : "not zero"));
	if (ftruncate(ledger, end) || fsync(ledger))
		err(1, "ledger");
}

static void make_file(int folder, unsigned int life, unsigned int number)
{
	char name[64];
	int fd;

	snprintf(name, sizeof(name), "file-%u", number / FILE_EVERY % FILES_KEPT);
	unlinkat(folder, name, 0);
	fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL, 0644);
	if (fd < 0)
		err(1, "%s", name);
	memset(block, (int)(life + number), sizeof(block));
	put(fd, block, 1 + (life * 977 + number * 131) % sizeof(block));
	if (fsync(fd) || fsync(folder))
		err(1, "%s", name);
	close(fd);
}

static void record(int ledger, int console, unsigned int life, unsigned int number)
{
	char text[64];

	put(ledger, text, (size_t)snprintf(text, sizeof(text), "%u %u\n", life, number));
	if (fdatasync(ledger))
		err(1, "fdatasync");
	put(console, text, (size_t)snprintf(text, sizeof(text), "ledger %u %u .\n", life, number));
}

int main(int argc, char **argv)
{
	int folder, ledger, console;
	unsigned int life;
	FILE *file;
	off_t end;

	if (argc != 2)
		errx(2, "usage: ledger FOLDER");
	folder = open(argv[1], O_RDONLY | O_DIRECTORY);
	if (folder < 0)
		err(1, "%s", argv[1]);
	ledger = openat(folder, "ledger", O_RDWR | O_CREAT | O_APPEND, 0644);
	console = open(CONSOLE, O_WRONLY | O_NOCTTY);
	if (ledger < 0 || console < 0 || fsync(folder))
		err(1, "ledger or console");
	file = fdopen(dup(ledger), "r");
	if (!file)
		err(1, "ledger");
	life = last_life(file, &end) + 1;
	fclose(file);
	cut_off(ledger, console, end);
	for (unsigned int number = 1;; number++) {
		record(ledger, console, life, number);
		if (number % FILE_EVERY == 0)
			make_file(folder, life, number);
		usleep(PAUSE_US);
	}
}
