using Kedge.Core.Errors;

namespace Kedge.Core.Models;

/// <summary>What can be wrong with a package's manifest.</summary>
public static class ModelErrors
{
    /// <summary>Schema not known.</summary>
    public static readonly ErrorCode Schema = new(
        "KEDGE-MODEL-001",
        "The package is written in a schema that this version does not know.",
        "Update Kedge here, or push the model again with a version that writes schema 1.");

    /// <summary>Name not a DNS label.</summary>
    public static readonly ErrorCode Name = new(
        "KEDGE-MODEL-002",
        "A name in the package is missing, too long, or holds characters other than a-z, 0-9 and the hyphen.",
        "Use 1 to 63 lower-case letters, digits and hyphens, starting and ending with a letter or digit.");

    /// <summary>Count out of bounds.</summary>
    public static readonly ErrorCode Count = new(
        "KEDGE-MODEL-003",
        "The package holds too many or too few variants, files, tensors, chunks or entries.",
        "Bring the number within the bounds that the message states; split the model if needed.");

    /// <summary>Path not allowed.</summary>
    public static readonly ErrorCode Path = new(
        "KEDGE-MODEL-004",
        "A file's path is absolute, leaves the package's folder, or holds characters that differ between systems.",
        "Use a relative path of letters, digits, dots, underscores, plus signs and hyphens, with forward slashes.");

    /// <summary>Two files at one place.</summary>
    public static readonly ErrorCode DuplicatePath = new(
        "KEDGE-MODEL-005",
        "Two files of the package would be put at the same place.",
        "Rename one of them; upper and lower case count as the same, and a file cannot also be a folder.");

    /// <summary>Size out of bounds.</summary>
    public static readonly ErrorCode Size = new(
        "KEDGE-MODEL-006",
        "A file, chunk or the whole package is empty or larger than the limit.",
        "Shrink the model, by quantisation for instance, or split it into several packages.");

    /// <summary>Chunks do not make up the file.</summary>
    public static readonly ErrorCode ChunkSum = new(
        "KEDGE-MODEL-007",
        "The chunks of a file do not add up to the file's size, or one digest is given two lengths.",
        "The manifest was made by a faulty tool or changed afterwards: push the model again.");

    /// <summary>Digest missing.</summary>
    public static readonly ErrorCode DigestMissing = new(
        "KEDGE-MODEL-008",
        "A file or chunk has no digest.",
        "The manifest was made by a faulty tool or changed afterwards: push the model again.");

    /// <summary>Entry file not among the files.</summary>
    public static readonly ErrorCode EntryFile = new(
        "KEDGE-MODEL-009",
        "The entry file of a variant is not one of its files.",
        "Name as entry file the path of the model file that the variant lists.");

    /// <summary>Tensor declared wrongly.</summary>
    public static readonly ErrorCode Tensor = new(
        "KEDGE-MODEL-010",
        "A tensor is declared with a bad name, an unknown datatype, or a shape out of bounds.",
        "Use the datatypes of the Open Inference Protocol, and extents of -1 (dynamic) or above.");

    /// <summary>Format or accelerator not known.</summary>
    public static readonly ErrorCode Kind = new(
        "KEDGE-MODEL-011",
        "A variant has a format or accelerator, or the golden set a source, that this version does not know.",
        "Update Kedge here, or push the model in a form that this version knows.");

    /// <summary>Text out of bounds.</summary>
    public static readonly ErrorCode Text = new(
        "KEDGE-MODEL-012",
        "A text in the package is empty, too long, or holds control characters.",
        "Shorten the text to the bound that the message states and leave out control characters.");

    /// <summary>Time or memory out of bounds.</summary>
    public static readonly ErrorCode Number = new(
        "KEDGE-MODEL-013",
        "A time, memory figure or sample count in the package is out of bounds.",
        "Bring the number within the bounds that the message states.");

    /// <summary>Variants disagree.</summary>
    public static readonly ErrorCode VariantsDisagree = new(
        "KEDGE-MODEL-014",
        "Two variants of the package do not take or give the same tensors, so that they are not one model.",
        "Export all of them with the same names, datatypes and shapes, or push the other one as a model of its own.");

    /// <summary>Tolerance out of bounds.</summary>
    public static readonly ErrorCode Tolerance = new(
        "KEDGE-MODEL-015",
        "The tolerance of a variant is out of bounds.",
        "Use an absolute and a relative tolerance of 0 or above and an agreement above 0 and at most 1.");

    /// <summary>Cost out of bounds.</summary>
    public static readonly ErrorCode Cost = new(
        "KEDGE-MODEL-016",
        "A measured cost of a variant is out of bounds, or one class of hardware is given twice.",
        "Give each class of hardware once, with a time of 1 microsecond to 1 hour.");

    /// <summary>Graph file not there, or of another kind.</summary>
    public static readonly ErrorCode GraphFile = new(
        "KEDGE-MODEL-017",
        "The graph of the package is not one file of every variant, is too large, or is of a kind that this version "
        + "does not know.",
        "Push the graph with --graph, which puts it where it belongs; update Kedge for a newer kind.");

    /// <summary>Member declared wrongly.</summary>
    public static readonly ErrorCode GraphMember = new(
        "KEDGE-MODEL-018",
        "A model that the graph runs is not among the package's files, has no name of its own, or is of a format "
        + "that no runtime here computes.",
        "List every model of the graph once under models, as an .onnx or .tflite file beside the graph.");

    /// <summary>Labels not there.</summary>
    public static readonly ErrorCode Labels = new(
        "KEDGE-MODEL-019",
        "The labels of the package are not one file of every variant, or are too large.",
        "Push them with --labels: UTF-8, one label a line, at most 4 MiB.");

    /// <summary>Graph and manifest say different things.</summary>
    public static readonly ErrorCode GraphMismatch = new(
        "KEDGE-MODEL-020",
        "The graph file does not say what the manifest says of it: inputs, outputs, models, or whether it decodes "
        + "images.",
        "The package was made by a faulty tool or changed afterwards: push the model again.");
}
