using System.Collections.Immutable;
using System.Text;
using Kedge.Onnx;

namespace Kedge.Conformance.Models;

/// <summary>
/// The suite's own models: for each datatype one that gives its input back, and one that adds and subtracts. Written as
/// a model repository, <c>NAME/1/model.onnx</c>, for any server that reads ONNX, with the spec beside them.
/// </summary>
internal static class SuiteModels
{
    /// <summary>The model that adds and subtracts.</summary>
    internal const string AddSub = "addsub";

    private const int Columns = 16;

    private static readonly ImmutableArray<(string Name, OnnxElementType Type)> Types =
    [
        ("BOOL", OnnxElementType.Bool), ("UINT8", OnnxElementType.UInt8), ("UINT16", OnnxElementType.UInt16),
        ("UINT32", OnnxElementType.UInt32), ("UINT64", OnnxElementType.UInt64), ("INT8", OnnxElementType.Int8),
        ("INT16", OnnxElementType.Int16), ("INT32", OnnxElementType.Int32), ("INT64", OnnxElementType.Int64),
        ("FP16", OnnxElementType.Float16), ("BF16", OnnxElementType.BFloat16), ("FP32", OnnxElementType.Float),
        ("FP64", OnnxElementType.Double), ("BYTES", OnnxElementType.String),
    ];

    /// <summary>Every model of the suite with its bytes.</summary>
    internal static IEnumerable<(string Name, byte[] Model)> All() =>
    [
        (AddSub, WriteAddSub()),
        .. Types.Select(static type => (IdentityName(type.Name), WriteIdentity(type.Type))),
    ];

    /// <summary>The spec file.</summary>
    internal static string Spec()
    {
        StringBuilder json = new("{\"models\":[");
        json.Append("{\"name\":\"addsub\",\"function\":\"addsub\"}");
        foreach ((string name, OnnxElementType _) in Types)
        {
            json.Append(",{\"name\":\"").Append(IdentityName(name)).Append("\",\"function\":\"identity\"}");
        }

        return json.Append("]}\n").ToString();
    }

    /// <summary>Writes all of it; returns how many models.</summary>
    internal static int WriteTo(string folder)
    {
        int written = 0;
        foreach ((string name, byte[] model) in All())
        {
            string version = Path.Combine(folder, name, "1");
            Directory.CreateDirectory(version);
            File.WriteAllBytes(Path.Combine(version, "model.onnx"), model);
            written++;
        }

        File.WriteAllText(Path.Combine(folder, "spec.json"), Spec());
        return written;
    }

    /// <summary>Name of the model that gives a datatype back.</summary>
    internal static string IdentityName(string type) => $"identity_{type.ToLowerInvariant()}";

    private static byte[] WriteAddSub() => OnnxWriter.Write(new OnnxGraphSpec
    {
        Name = AddSub,
        Inputs = [Vector("INPUT0"), Vector("INPUT1")],
        Outputs = [Vector("OUTPUT0"), Vector("OUTPUT1")],
        Nodes =
        [
            new OnnxNodeSpec("Add", ["INPUT0", "INPUT1"], ["OUTPUT0"]),
            new OnnxNodeSpec("Sub", ["INPUT0", "INPUT1"], ["OUTPUT1"]),
        ],
    });

    private static OnnxValue Vector(string name) => OnnxValue.Tensor(name, OnnxElementType.Int32, -1, Columns);

    private static byte[] WriteIdentity(OnnxElementType type) => OnnxWriter.Write(new OnnxGraphSpec
    {
        Name = "identity",
        Inputs = [OnnxValue.Tensor("INPUT0", type, -1)],
        Outputs = [OnnxValue.Tensor("OUTPUT0", type, -1)],
        Nodes = [new OnnxNodeSpec("Identity", ["INPUT0"], ["OUTPUT0"])],
    });
}
