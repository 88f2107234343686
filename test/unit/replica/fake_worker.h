/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_UNIT_REPLICA_FAKE_WORKER_H
#define TEST_UNIT_REPLICA_FAKE_WORKER_H

/*
 * A snapshot worker that builds nothing. It counts its runs by appending a byte to
 * the job's output; the job's filter is its script, a letter a run, the last
 * one for all that follow:
 *
 *   R  RESULT, with the number of the run as its rows
 *   P  PROGRESS twice, then as R
 *   B  FAILURE: busy         D  FAILURE: denied       C  FAILURE: configuration
 *   X  exit with 3           K  end by SIGKILL        L  half a message, then exit
 *   G  a RESULT that is none Z  a kind that is none   T  RESULT twice
 *   W  PROGRESS, wait for CANCEL or the end of the stream, FAILURE: cancelled
 *   H  PROGRESS, then deaf to everything but SIGTERM
 *   E  close the descriptor, then as H
 *   O  RESULT, then as H
 */
int fake_worker(void);

#endif
