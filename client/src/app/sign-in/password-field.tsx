import { Eye, EyeOff } from 'lucide-react';
import { useState } from 'react';
import { TextField } from '../../ui/kit/text-field.tsx';

interface PasswordFieldProps {
  readonly isNew: boolean;
  readonly value: string;
  readonly problem: string | null;
  readonly hint?: string;
  readonly onChange: (password: string) => void;
}

/** A password, which its owner may look at. */
export function PasswordField({ isNew, value, problem, hint, onChange }: PasswordFieldProps) {
  const [isShown, setIsShown] = useState(false);
  const Icon = isShown ? EyeOff : Eye;
  return (
    <TextField
      label="Password"
      type={isShown ? 'text' : 'password'}
      autoComplete={isNew ? 'new-password' : 'current-password'}
      autoCapitalize="none"
      autoCorrect="off"
      spellCheck={false}
      aria-required
      value={value}
      problem={problem}
      {...(hint === undefined ? {} : { hint })}
      onChange={(event) => onChange(event.target.value)}
      action={
        // By its words, not by a label: a field is found by its label, and there is one field called Password.
        <button type="button" className="field-action" onClick={() => setIsShown(!isShown)}>
          <Icon size={16} aria-hidden />
          {isShown ? 'Hide' : 'Show'}
          <span className="hidden-visually"> password</span>
        </button>
      }
    />
  );
}
