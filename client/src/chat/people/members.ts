/** Members of a tablo as REST and as this device's records have them, cleaned for whoever shows them. */
import type { UserId } from '@tablo/schema/ids';
import type { RestMember } from '@tablo/schema/rest/member';
import { emailOf, personNameOf } from '../base/names.ts';
import type { Member } from '../chat.ts';

export function memberOf(member: RestMember): Member {
  return cleanMember({
    id: member.user_id as UserId,
    name: member.name ?? '',
    email: member.email,
    avatarUrl: member.avatar_url,
    role: member.role,
  });
}

/** Records of an earlier release hold names as the server gave them. */
export function cleanMember(member: Member): Member {
  return { ...member, name: personNameOf(member.name, member.email), email: emailOf(member.email) };
}
