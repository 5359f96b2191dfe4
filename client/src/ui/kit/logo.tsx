export function Logo({ size }: { readonly size: number }) {
  return <img className="logo" src="/icons/icon.svg" alt="" width={size} height={size} />;
}
