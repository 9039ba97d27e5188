"""The ResNets of 2015 to 2018, by the names that their authors gave the layers."""
