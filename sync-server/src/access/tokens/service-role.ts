/** What Supabase calls the key of a host's back end: a token of the issuer with this role, which names no person. */
import type { JWTPayload } from 'jose';

const SERVICE_ROLE = 'service_role';

export const isOfService = (payload: JWTPayload): boolean => payload['role'] === SERVICE_ROLE;
