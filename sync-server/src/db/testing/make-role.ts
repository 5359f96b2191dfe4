/** A statement that makes a role where there is none of that name. Roles belong to the whole PostgreSQL server: another test may have made it, or be making it now. */
export const makeRole = (name: string, options = "LOGIN PASSWORD 'x'"): string =>
  `DO $$ BEGIN CREATE ROLE ${name} ${options}; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;`;
