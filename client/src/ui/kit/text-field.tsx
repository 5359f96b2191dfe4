import { CircleAlert } from 'lucide-react';
import { type InputHTMLAttributes, type ReactNode, useId } from 'react';

interface TextFieldProps extends Omit<InputHTMLAttributes<HTMLInputElement>, 'id' | 'className'> {
  readonly label: string;
  /** The problem with its content, as a sentence. */
  readonly problem: string | null;
  readonly hint?: string;
  /** A button inside the field, at its end. */
  readonly action?: ReactNode;
}

/** A field with its label. Its problem is shown below it, and a screen reader reads it with the field. */
export function TextField({ label, problem, hint, action, ...input }: TextFieldProps) {
  const id = useId();
  const described = [hint !== undefined && `${id}-hint`, problem !== null && `${id}-problem`].filter(Boolean).join(' ');
  return (
    <div className="field">
      <label className="field-label" htmlFor={id}>
        {label}
      </label>
      <div className="field-box">
        <input
          {...input}
          id={id}
          className="input"
          aria-invalid={problem !== null}
          aria-describedby={described === '' ? undefined : described}
        />
        {action}
      </div>
      {hint !== undefined && (
        <p className="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      <FieldProblem id={`${id}-problem`} text={problem} />
    </div>
  );
}

/** Below a field that is described by `id`. Polite, not an alert: the focus goes to the field, and with it this is spoken. */
export function FieldProblem({ id, text }: { readonly id: string; readonly text: string | null }) {
  return (
    <div id={id} aria-live="polite" className={text === null ? 'hidden-visually' : 'problem'}>
      {text !== null && (
        <>
          <CircleAlert size={16} aria-hidden />
          <span>{text}</span>
        </>
      )}
    </div>
  );
}
