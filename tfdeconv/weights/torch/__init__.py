"""Programs of torch.export (`.pt2`): ATen's operators as kinds of the intermediate graph.

Both what torch.export gives (conv2d, batch_norm, relu_) and what run_decompositions() makes of it
(convolution, _native_batch_norm_legit_no_training, view) are read.

program_graph    a program -> a graph
operator_call    an operation whose arguments are asked for by name; what nobody asks for refuses it
memory           what operations in place change besides their result
naming           a layer's name is its module's path
expressions      several operations that are one: local_response
subgraphs        parts of a program that run as they are, put where they are called
table            all operators: kernels, norms, statistics, activations, arithmetic, pools, places,
                 pieces, numbers
"""
