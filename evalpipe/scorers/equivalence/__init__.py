"""Whether two written expressions are equal: in their normal forms here, symbolically in a process of its own."""
