# SPDX-License-Identifier: GPL-2.0-only
# Prints "passed failed skipped" of a log. It may hold several TAP streams, each
# with its plan before or after its tests; every test that was planned and did
# not run, a stream without a plan and a log without a test count as failed.
# Indented and commented results belong to subtests. A result without a number
# is the remark of a shell about a program that died: it fills no place in a plan.

function close_stream()
{
	if (planned > ran)
		failed += planned - ran
	if (planned < 0 && ran > 0)
		failed++
	planned = -1
	ran = 0
}

BEGIN { planned = -1 }

{ sub(/\r$/, "") }

/^1\.\.[0-9]+/ {
	plan = substr($1, 4) + 0
	if (planned < 0 && ran > 0) {
		planned = plan
		close_stream()
		next
	}
	close_stream()
	planned = plan
	if (plan == 0) {
		seen = 1
		planned = -1
		if (tolower($0) ~ /# *skip/)
			skipped++
		else
			failed++
	}
}

/^ok( |$)/ {
	seen = 1
	ran++
	if (tolower($0) ~ /# *skip/)
		skipped++
	else
		passed++
}

/^not ok( |$)/ {
	seen = 1
	failed++
	if ($3 ~ /^[0-9]+$/)
		ran++
}

/^Bail out!/ {
	seen = 1
	failed++
}

END {
	close_stream()
	if (!seen)
		failed++
	print passed + 0, failed + 0, skipped + 0
}
