import streamlit as st

given = st.file_uploader("A file")
if given is not None:
    st.write(f"{len(given.getvalue())} bytes of {given.name}")
