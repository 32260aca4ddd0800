using System.Diagnostics.CodeAnalysis;
using Kedge.Core;
using Kedge.Core.Errors;

namespace Kedge.Onnx.Rewriting;

/// <summary>
/// An ONNX file that is being rewritten (onnx.proto3, <c>ModelProto</c>). To make a variant of a model, a few constants
/// and operations change and all else must stay what it was, fields that this version does not know included. So the
/// file is not turned into objects and back: it is cut at the fields that a rewriting may touch, and what nobody
/// touched is written with the bytes that it had, in the order that it had. Only what the reader has walked is cut, so
/// its bounds hold here as well. Names of values keep their meaning throughout: what takes a value by its name, in
/// graphs within the graph too, gets a value of the same type and shape as before. It deliberately changes neither
/// functions nor graphs within graphs.
/// </summary>
public sealed class EditableModel
{
    private const int IrVersionField = 1;
    private const int GraphField = 7;

    private readonly List<FieldSlice> _slices;

    private EditableModel(OnnxModel facts, List<FieldSlice> slices, EditableGraph graph)
    {
        Facts = facts;
        _slices = slices;
        Graph = graph;
        IrVersion = facts.IrVersion;
    }

    /// <summary>What the file said when it was read.</summary>
    public OnnxModel Facts { get; }

    /// <summary>The outermost graph.</summary>
    public EditableGraph Graph { get; }

    /// <summary>Version of the intermediate representation that is written; never lowered.</summary>
    public long IrVersion { get; private set; }

    /// <summary>Version of the standard's own operator set; 0 where the model does not import it.</summary>
    public long Opset => Facts.Opsets.FirstOrDefault(static opset => opset.Domain.Length == 0)?.Version ?? 0;

    /// <summary>Reads a file. Never throws, whatever the bytes; the file must not change while this lives.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="model">The model; null when the answer is false.</param>
    /// <param name="finding">Why the file was refused; null when the answer is true.</param>
    public static bool TryRead(
        ReadOnlyMemory<byte> file,
        [NotNullWhen(true)] out EditableModel? model,
        [NotNullWhen(false)] out Finding? finding)
    {
        model = null;
        if (!OnnxReader.TryRead(file.Span, out OnnxModel? facts, out finding) || facts is null)
        {
            finding ??= OnnxErrors.Malformed.At("The bytes are not well formed.");
            return false;
        }

        List<FieldSlice> slices = FieldSlice.Split(file, (1UL << IrVersionField) | (1UL << GraphField));
        FieldSlice found = slices.Single(static slice => slice is { Number: GraphField, Wire: WireType.Bytes });
        EditableGraph? graph = EditableGraph.Read(found.Content, facts, file);
        if (graph is null)
        {
            finding = OnnxErrors.NotRewritable.At("The name of a value or an operator is no UTF-8.");
            return false;
        }

        model = new EditableModel(facts, slices, graph);
        return true;
    }

    /// <summary>
    /// Makes constants of all initializers. Before version 4 of the intermediate representation every initializer had
    /// to be listed as an input as well (IR specification, "Graphs"); nobody can give those another value, so the
    /// listings go. Later versions list those only that a request may override: they stay as they are.
    /// </summary>
    public void Freeze()
    {
        if (IrVersion >= 4)
        {
            return;
        }

        IrVersion = 4;
        HashSet<string> initialized = new(
            Graph.Initializers.Select(static initializer => initializer.Facts.Name), StringComparer.Ordinal);
        foreach (string name in Graph.Inputs.Where(initialized.Contains).ToArray())
        {
            Graph.RemoveInput(name);
        }
    }

    /// <summary>Writes the file. Where nothing was changed, every byte is the one that was read.</summary>
    /// <returns>The file; null where it would be larger than <see cref="OnnxLimits.ModelBytesMax"/>.</returns>
    public byte[]? Write()
    {
        ProtoWriter version = new();
        version.Number(IrVersionField, IrVersion);
        ProtoWriter head = new();
        head.Head(GraphField, Graph.Bytes);
        long bytes = Graph.IsChanged ? head.Length + Graph.Bytes : 0;
        bytes += _slices.Where(IsKept).Sum(static slice => (long)slice.Whole.Length);
        bytes += IrVersion == Facts.IrVersion ? 0 : version.Length;
        if (bytes > OnnxLimits.ModelBytesMax)
        {
            return null;
        }

        byte[] file = new byte[bytes];
        Span<byte> rest = file;
        rest = IrVersion == Facts.IrVersion ? rest : Append(rest, version.ToArray());
        foreach (FieldSlice slice in _slices)
        {
            if (IsKept(slice))
            {
                rest = Append(rest, slice.Whole.Span);
            }
            else if (slice.Number == GraphField)
            {
                rest = Append(rest, head.ToArray());
                Graph.Write(rest[..(int)Graph.Bytes]);
                rest = rest[(int)Graph.Bytes..];
            }
        }

        Check.That(rest.IsEmpty);
        return file;
    }

    private static Span<byte> Append(Span<byte> rest, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(rest);
        return rest[bytes.Length..];
    }

    private bool IsKept(FieldSlice slice) => (slice.Number, slice.Wire) switch
    {
        (GraphField, WireType.Bytes) => !Graph.IsChanged,
        (IrVersionField, WireType.Varint) => IrVersion == Facts.IrVersion,
        _ => true,
    };
}
