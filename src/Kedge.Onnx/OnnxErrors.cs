using Kedge.Core.Errors;

namespace Kedge.Onnx;

/// <summary>What can be wrong with an ONNX file.</summary>
public static class OnnxErrors
{
    /// <summary>The bytes are not protocol buffers of this shape.</summary>
    public static readonly ErrorCode Malformed = new(
        "KEDGE-ONNX-001",
        "The bytes are not a well-formed ONNX model: cut off, damaged, or another kind of file.",
        "Export the model again, and check the file with onnx.checker where it was made.");

    /// <summary>A bound was passed.</summary>
    public static readonly ErrorCode Limit = new(
        "KEDGE-ONNX-002",
        "The model exceeds a bound: too many nodes, names too long, or graphs nested too deeply.",
        "Simplify the model, with onnxsim for instance; the message names the bound.");

    /// <summary>No graph.</summary>
    public static readonly ErrorCode NoGraph = new(
        "KEDGE-ONNX-003",
        "The file has no IR version, no graph, or no graph outputs, so there is nothing to run.",
        "Check that the file is a model (ModelProto) and not a tensor or another part of one.");

    /// <summary>A tensor's data and shape disagree.</summary>
    public static readonly ErrorCode TensorSize = new(
        "KEDGE-ONNX-004",
        "A weight's data does not have the length that its shape and element type ask for.",
        "Export the model again: the file is damaged or was written by a faulty tool.");

    /// <summary>An operator set is not declared.</summary>
    public static readonly ErrorCode OpsetMissing = new(
        "KEDGE-ONNX-005",
        "The model imports no operator set, or imports one domain twice with different versions.",
        "Export the model again with an exporter that writes opset_import.");

    /// <summary>A place in another file is not well described.</summary>
    public static readonly ErrorCode External = new(
        "KEDGE-ONNX-006",
        "A weight says that its data is in another file, but not clearly where.",
        "Save the model again with onnx.save, with its weights in one file or in files beside it.");

    /// <summary>Not to be rewritten.</summary>
    public static readonly ErrorCode NotRewritable = new(
        "KEDGE-ONNX-016",
        "The model cannot be rewritten: a name in it is no UTF-8, or the result would be larger than a file may be.",
        "Export the model again with plain names; split a model of 2 GiB, or keep its weights in 32 bits.");

    /// <summary>Nothing to rewrite.</summary>
    public static readonly ErrorCode NothingToRewrite = new(
        "KEDGE-ONNX-017",
        "No weight of the model can be stored in fewer bits: they are small, not 32-bit floats, or used elsewhere.",
        "Leave this variant out; for weights that the graph computes, optimise the graph first and start from that.");
}
