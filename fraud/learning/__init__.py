"""From recorded payments and the labels known of them to what a model is made of and measured by."""
