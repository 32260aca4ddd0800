using Kedge.Core.Errors;

namespace Kedge.Content;

/// <summary>What can be wrong with content that is pushed, stored or fetched.</summary>
public static class ContentErrors
{
    /// <summary>Not a model at all.</summary>
    public static readonly ErrorCode NotAModel = new(
        "KEDGE-CONTENT-001",
        "The file is no model: its bytes are not those of any format that can be served.",
        "Give the ONNX file that your training exports; the message says what the bytes look like.");

    /// <summary>Pickle.</summary>
    public static readonly ErrorCode Pickle = new(
        "KEDGE-CONTENT-002",
        "The file is, or may hold, a Python pickle, which runs code when it is opened.",
        "Export the model to ONNX, with torch.onnx.export or skl2onnx, and push that file.");

    /// <summary>A format that is known but not served.</summary>
    public static readonly ErrorCode FormatNotServed = new(
        "KEDGE-CONTENT-003",
        "The file is a model in a format that this version does not serve.",
        "Convert the model to ONNX, TensorFlow Lite, GGUF or safetensors, and push that file.");

    /// <summary>Operator domain not allowed.</summary>
    public static readonly ErrorCode OperatorDomain = new(
        "KEDGE-CONTENT-004",
        "The model uses operators of a domain that is not on the allow-list, which would need code of its own.",
        "Export with operators of ai.onnx, ai.onnx.ml or com.microsoft only.");

    /// <summary>External data.</summary>
    public static readonly ErrorCode ExternalData = new(
        "KEDGE-CONTENT-005",
        "The model takes data from another file in a way that this version does not package.",
        "Convert the model into one file, without external buffers.");

    /// <summary>A value that cannot be served.</summary>
    public static readonly ErrorCode ValueNotServed = new(
        "KEDGE-CONTENT-006",
        "An input or output of the model is not a tensor that the Open Inference Protocol can carry.",
        "Export with tensors of standard types; for skl2onnx set the option zipmap to False.");

    /// <summary>Too large.</summary>
    public static readonly ErrorCode TooLarge = new(
        "KEDGE-CONTENT-007",
        "The content is larger than the limit for its kind.",
        "Shrink it below the limit that the message states, by quantisation for instance.");

    /// <summary>JSON not readable.</summary>
    public static readonly ErrorCode Json = new(
        "KEDGE-CONTENT-008",
        "A document is not well-formed JSON of the expected shape: cut off, damaged, or of another kind.",
        "Fetch or push it again; if it was edited by hand, mend it where the message points.");

    /// <summary>Unknown critical field.</summary>
    public static readonly ErrorCode Critical = new(
        "KEDGE-CONTENT-009",
        "A document lists a field as critical that this version does not know.",
        "Update Kedge here before using what the document describes.");

    /// <summary>Digest differs.</summary>
    public static readonly ErrorCode DigestMismatch = new(
        "KEDGE-CONTENT-010",
        "The bytes that arrived are not those that were named: digest or length differs.",
        "Fetch again; if it happens again, the store or the path to it changes content.");

    /// <summary>File changed meanwhile.</summary>
    public static readonly ErrorCode FileChanged = new(
        "KEDGE-CONTENT-050",
        "A file was changed or cut while it was being packaged or sent.",
        "Push again when nothing writes to the file any more.");
}
