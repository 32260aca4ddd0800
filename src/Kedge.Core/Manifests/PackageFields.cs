using Kedge.Core.Fleet;
using Kedge.Core.Models;

namespace Kedge.Core.Manifests;

/// <summary>
/// The fields of a Package: what <c>kedge model push -f</c> reads. It names files of the author's machine, so that it
/// is no object of the server and never applied.
/// </summary>
public static class PackageFields
{
    private const string Example =
        """
        apiVersion: kedge.dev/v1
        kind: Package
        metadata:
          name: bearing
        spec:
          golden: golden.json
          provenance: [source.commit=0123abc]
          variants:
          - name: onnx-fp32
            file: model.onnx
          - name: onnx-int8
            file: model.int8.onnx
            tolerance: {absolute: 0.02, relative: 0.05, agreement: 99%}
            costs:
            - {hardware: x64-avx512vnni, latency: 290us, memory: 44Mi}
          - name: tflite-int8
            file: model.tflite
            files: [labels.txt]
            architectures: [arm64]

        """;

    /// <summary>The table of its fields.</summary>
    public static KindSchema Kind { get; } = OfFiles(KindSchema.Of(
        "Package",
        "What to package: the variants of one model with their files, as `kedge model push -f` reads it. Paths are "
        + "relative to the folder of the file.",
        FieldSchema.Group(
            "spec",
            "What goes into it.",
            ListOf(
                "variants", "The forms of the model, in the order of preference.", 1, ModelLimits.VariantsMax, Variant)
                .Required(),
            Path(
                "graph",
                "What is computed around the models, in YAML or JSON, as an image in and labels out; models and labels "
                + "that it names lie beside it."),
            Path("labels", "Labels of classes, one a line, for Triton's classification and for the graph."),
            Path("golden", "Golden samples: inputs with the outputs that must come out."),
            Path("reference", "More samples for gates on drift."),
            ListOf(
                "provenance",
                "Where it comes from, as `source.commit=0123abc`.",
                0,
                ModelLimits.ProvenanceMax,
                FieldSchema.Of("", FieldShape.Text, "KEY=VALUE.").Within(
                    2, ModelLimits.ProvenanceKeyCharsMax + 1 + ModelLimits.ProvenanceValueCharsMax))).Required(),
        Example));

    /// <summary>Objects of the server have labels and a status; a file of the author's has neither.</summary>
    private static KindSchema OfFiles(KindSchema kind) => kind with
    {
        Root = kind.Root with
        {
            Fields =
            [
                .. kind.Root.Fields.Where(static field => field.Name != "status").Select(
                    static field => field.Name == "metadata"
                        ? field with { Fields = [.. field.Fields.Where(static f => f.Name != "labels")] }
                        : field),
            ],
        },
    };

    private static FieldSchema Variant => FieldSchema.Group(
        "",
        "One form of the model.",
        FieldSchema.Of("name", FieldShape.Name, "Its name; made of format and precision when it is left out."),
        Path("file", "The model's file.").Required(),
        ListOf(
            "files",
            "Files that go with it, as labels; the weights that an ONNX file names itself need not be listed.",
            0,
            ModelLimits.FilesPerVariantMax - 1,
            Path("", "One file.")),
        new FieldSchema
        {
            Name = "accelerator",
            Shape = FieldShape.Word,
            Description = "The hardware that computes it.",
            Words = ["cpu", "gpu", "npu", "tpu"],
            Default = "cpu",
        },
        Requirements("architectures", "Processor architectures that it runs on, as `x64`; any when left out."),
        Requirements("isaFeatures", "Instructions that it cannot do without, as `avx2`; none when left out."),
        FieldSchema.Group(
            "tolerance",
            "How far its answers may be from the golden samples; what they say themselves when it is left out.",
            Number("absolute", "Allowed difference of a value.", "1e-5"),
            Number("relative", "Allowed difference beside that, as a part of the value.", "1e-3"),
            FieldSchema.Of("agreement", FieldShape.Share, "Share of the samples that must agree.")
                .Within(1, 1_000_000).ByDefault("100%")),
        ListOf(
            "costs",
            "What it was measured to cost, by class of hardware; `kedge model push --measure` measures it.",
            0,
            ModelLimits.CostsMax,
            Cost));

    private static FieldSchema Cost => FieldSchema.Group(
        "",
        "What it costs on one class of hardware.",
        FieldSchema.Of("hardware", FieldShape.Text, "The class, as `x64-avx2`.").Within(1, HardwareClass.CharsMax)
            .Required(),
        FieldSchema.Of("latency", FieldShape.Latency, "Median time of an answer, as `412us`.")
            .Within(1, ModelLimits.LatencyUsMax).Required(),
        FieldSchema.Of("memory", FieldShape.Memory, "Working set, as `44Mi`.").Within(0, ModelLimits.MemoryBytesMax));

    private static FieldSchema Requirements(string name, string description) => ListOf(
        name,
        description,
        0,
        ModelLimits.RequirementsMax,
        FieldSchema.Of("", FieldShape.Text, "One of them.").Within(1, ModelLimits.RequirementCharsMax));

    private static FieldSchema Number(string name, string description, string byDefault) =>
        FieldSchema.Of(name, FieldShape.Decimal, description).Within(0, (long)ModelLimits.ToleranceMax)
            .ByDefault(byDefault);

    private static FieldSchema Path(string name, string description) =>
        FieldSchema.Of(name, FieldShape.Text, description).Within(1, ManifestLimits.TextCharsMax);

    private static FieldSchema ListOf(string name, string description, long min, long max, FieldSchema item) => new()
    {
        Name = name,
        Shape = FieldShape.List,
        Description = description,
        Min = min,
        Max = max,
        Item = item,
    };
}
