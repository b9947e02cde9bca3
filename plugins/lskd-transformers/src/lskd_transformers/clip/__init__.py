"""What a picture or a region shows, chosen from vocabularies by an image-text model.

`towers` hold the model, `vocabulary` the words, `vectors` the words' vectors on disk, `probing` sets
pictures against words, `verbalizers` say what came of it.
"""
