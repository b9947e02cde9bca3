"""Words that a model is asked for: captions, narratives, regions, questions and their answers.

The models themselves are parts of kind ``vlm``, ``vqa`` and ``backend``; here is how they are asked.
"""
