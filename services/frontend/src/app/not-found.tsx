import Link from "next/link";
import { buttonClass } from "@/ui/button";

export default function NotFound() {
  return (
    <div className="grid place-items-center gap-4 py-24 text-center">
      <h1 className="font-semibold text-xl">There is nothing at this address.</h1>
      <Link href="/" className={buttonClass()}>
        To the runs
      </Link>
    </div>
  );
}
