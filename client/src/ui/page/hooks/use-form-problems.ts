import { type RefObject, useCallback, useEffect, useRef, useState } from 'react';

export type FormProblems<Field extends string> = Readonly<Partial<Record<Field, string>>>;

/** Of no field. */
const none = <Field extends string>(): FormProblems<Field> => ({}) as FormProblems<Field>;

interface FormState<Field extends string> {
  readonly problems: FormProblems<Field>;
  readonly formRef: RefObject<HTMLFormElement | null>;
  /** Whether there is nothing wrong; otherwise the focus goes to the first wrong field. */
  show(problems: FormProblems<Field>): boolean;
  /** A field that is changed is not checked again before the form is sent. */
  clear(field: Field): void;
}

/** What is wrong with which field of a form. */
export function useFormProblems<Field extends string>(): FormState<Field> {
  const formRef = useRef<HTMLFormElement>(null);
  const [problems, setProblems] = useState(none<Field>);
  const wantsFocus = useRef(false);

  // biome-ignore lint/correctness/useExhaustiveDependencies: once the fields are marked.
  useEffect(() => {
    if (!wantsFocus.current) return;
    wantsFocus.current = false;
    formRef.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [problems]);

  const show = useCallback((found: FormProblems<Field>) => {
    wantsFocus.current = Object.keys(found).length > 0;
    setProblems(found);
    return !wantsFocus.current;
  }, []);

  const clear = useCallback((field: Field) => {
    setProblems((known) => {
      if (known[field] === undefined) return known;
      const { [field]: _, ...others } = known;
      return others as FormProblems<Field>;
    });
  }, []);

  return { problems, formRef, show, clear };
}
