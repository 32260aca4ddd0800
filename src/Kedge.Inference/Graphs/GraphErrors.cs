using Kedge.Core.Errors;

namespace Kedge.Inference.Graphs;

/// <summary>What can be wrong with a graph, and with what it is given.</summary>
public static class GraphErrors
{
    /// <summary>The file is no graph.</summary>
    public static readonly ErrorCode Unreadable = new(
        "KEDGE-INFER-050",
        "The graph file is not JSON, or a field of it is missing, unknown or out of range.",
        "Write graph.json as docs/operations/graphs.md describes it.");

    /// <summary>A step does not fit.</summary>
    public static readonly ErrorCode StepInvalid = new(
        "KEDGE-INFER-051",
        "A step of the graph does not fit what it reads: its values, their types or shapes, or its parameters.",
        "Mend the field that the message names; docs/operations/graphs.md lists what every step takes and gives.");

    /// <summary>A model or a file of labels that the graph names is not there.</summary>
    public static readonly ErrorCode PartAbsent = new(
        "KEDGE-INFER-052",
        "The graph names a model or a file of labels that is not beside it, or that cannot be read.",
        "Push the file together with the graph, under the name that the graph gives.");

    /// <summary>A step could not compute.</summary>
    public static readonly ErrorCode StepFailed = new(
        "KEDGE-INFER-053",
        "A step of the graph could not compute what this request brought.",
        "Read the message for the step and the shape; send an image or a tensor that the step takes.");

    /// <summary>No image.</summary>
    public static readonly ErrorCode ImageInvalid = new(
        "KEDGE-INFER-054",
        "The bytes are not a whole JPEG or PNG image.",
        "Send the bytes of one JPEG or PNG file, unchanged.");

    /// <summary>Too many pixels.</summary>
    public static readonly ErrorCode ImageTooLarge = new(
        "KEDGE-INFER-055",
        "The image has more bytes or more pixels than the graph takes.",
        "Send a smaller image, or raise pixelsMax of the step that decodes it.");

    /// <summary>An image of a kind that is not taken.</summary>
    public static readonly ErrorCode ImageUnsupported = new(
        "KEDGE-INFER-056",
        "The image is of a kind that is not decoded.",
        "Send grey, RGB or palette images as JPEG or PNG; convert others, such as CMYK, before.");
}
