using Kedge.Core.Errors;

namespace Kedge.Content.Formats;

/// <summary>What can be wrong with a model file of a format other than ONNX, and with weights beside a model.</summary>
public static class FormatErrors
{
    /// <summary>Not well formed.</summary>
    public static readonly ErrorCode Malformed = new(
        "KEDGE-CONTENT-030",
        "The file begins as one of its format does but is not well formed: cut off, damaged, or made to mislead.",
        "Export or download the file again; the message says where it stops making sense.");

    /// <summary>A bound was passed.</summary>
    public static readonly ErrorCode Limit = new(
        "KEDGE-CONTENT-031",
        "The model exceeds a bound: too many tensors or entries, names too long, or too much nesting.",
        "Simplify or split the model; the message names the bound.");

    /// <summary>A tensor's place is wrong.</summary>
    public static readonly ErrorCode TensorPlace = new(
        "KEDGE-CONTENT-032",
        "A tensor lies outside the file, on top of something else, at a wrong boundary, or has another length than its "
        + "shape asks for.",
        "Export the model again: the file is damaged or was written by a faulty tool.");

    /// <summary>An operator that is not allowed.</summary>
    public static readonly ErrorCode Operator = new(
        "KEDGE-CONTENT-033",
        "The model uses an operator that the runtime does not bring along, which would need code of its own.",
        "Convert the model with built-in operators only (TFLITE_BUILTINS), without Flex and custom operators.");

    /// <summary>A version or type that is not known.</summary>
    public static readonly ErrorCode Version = new(
        "KEDGE-CONTENT-034",
        "The file uses a version, an element type or a feature of its format that this version does not know.",
        "Update Kedge here, or export the model for what the message says is known.");

    /// <summary>The name of a file with weights is not allowed.</summary>
    public static readonly ErrorCode ExternalName = new(
        "KEDGE-CONTENT-035",
        "The model takes weights from a place that is not simply another file beside it.",
        "Save the model with its weights in one file in the same folder, with a plain name and without links.");

    /// <summary>A file with weights was not given.</summary>
    public static readonly ErrorCode ExternalMissing = new(
        "KEDGE-CONTENT-036",
        "The model takes weights from another file, which was not found beside it or not given with it.",
        "Put the file that the message names beside the model, or save the model as one file.");

    /// <summary>A range in a file with weights is wrong.</summary>
    public static readonly ErrorCode ExternalRange = new(
        "KEDGE-CONTENT-037",
        "A tensor's place in the file with the weights is outside that file, of the wrong length, or partly another's.",
        "Save the model again; model and weights are probably not of the same export.");

    /// <summary>The file could not be read to its end.</summary>
    public static readonly ErrorCode Unreadable = new(
        "KEDGE-CONTENT-038",
        "The file ended before its length was read: it was changed or cut off meanwhile.",
        "Let the export finish and push again.");
}
