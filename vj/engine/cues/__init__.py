"""What a performer wrote down: looks, setlists, macros; read strictly, and gone through."""
