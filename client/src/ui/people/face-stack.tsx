import { Avatar } from './avatar.tsx';

interface FaceStackProps {
  readonly faces: readonly { readonly id: string; readonly name: string }[];
  /** Their names. */
  readonly title: string;
}

const MAX_FACES = 4;

/** Who is here, as a small picture. */
export const FaceStack = ({ faces, title }: FaceStackProps) => (
  <div className="avatar-stack" title={title}>
    {faces.slice(0, MAX_FACES).map(({ id, name }) => (
      <Avatar key={id} id={id} name={name} size="xs" />
    ))}
  </div>
);
