/** Settings of a server whose limits are not what the test is about: a few people write there as many would. */
export const WITHOUT_LIMITS = {
  RATE_ENTRIES_PER_SECOND: '100000',
  RATE_ENTRIES_BURST: '1000000',
  RATE_BYTES_PER_SECOND: '1000000000',
  RATE_JOINS_PER_SECOND: '100000',
  MAX_STRANGER_SOCKETS: '100000',
} as const;
