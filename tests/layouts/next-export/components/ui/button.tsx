import * as React from "react";
import { cn } from "@/lib/utils";

export const Button = React.forwardRef<HTMLButtonElement, React.ButtonHTMLAttributes<HTMLButtonElement>>(
  ({ className, ...props }, ref) => (
    <button ref={ref} className={cn("rounded-lg bg-primary p-2 px-4 text-white", className)} {...props} />
  ),
);
Button.displayName = "Button";
