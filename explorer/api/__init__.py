"""The explorer for programs: as a library, through `gradio_client`, and as tools of the Model Context Protocol."""
