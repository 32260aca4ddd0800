using System.Collections.Immutable;
using System.Text;
using System.Text.Unicode;
using Kedge.Core;

namespace Kedge.Onnx.Rewriting;

/// <summary>
/// An operation of a graph that is being rewritten. It is never changed: a rewriting puts others in its place.
/// </summary>
public sealed class EditableNode
{
    private const ulong Wanted = (1UL << 1) | (1UL << 2) | (1UL << 4) | (1UL << 5) | (1UL << 7);

    private readonly ImmutableArray<ReadOnlyMemory<byte>> _attributes;

    private EditableNode(Parts parts)
    {
        OpType = parts.OpType;
        Domain = parts.Domain == "ai.onnx" ? "" : parts.Domain;
        Inputs = parts.Inputs.DrainToImmutable();
        Outputs = parts.Outputs.DrainToImmutable();
        _attributes = parts.Attributes.DrainToImmutable();
    }

    /// <summary>The operator's name.</summary>
    public string OpType { get; }

    /// <summary>The operator's domain; empty for the standard's own, however it is spelt.</summary>
    public string Domain { get; }

    /// <summary>Names of the values that it takes; empty for an optional one left out.</summary>
    public ImmutableArray<string> Inputs { get; }

    /// <summary>Names of the values that it gives; empty for an optional one left out.</summary>
    public ImmutableArray<string> Outputs { get; }

    /// <summary>Bytes of the graphs among its attributes.</summary>
    internal IEnumerable<ReadOnlyMemory<byte>> Graphs => _attributes
        .SelectMany(static attribute => FieldSlice.Split(attribute, (1UL << 6) | (1UL << 11)))
        .Where(static slice => slice.Number != 0 && slice.Wire == WireType.Bytes)
        .Select(static slice => slice.Content);

    /// <summary>
    /// Its attributes; null where one is malformed or of a kind that is not a number, a text or a list of numbers.
    /// </summary>
    public ImmutableArray<OnnxAttribute>? Attributes()
    {
        ImmutableArray<OnnxAttribute>.Builder read = ImmutableArray.CreateBuilder<OnnxAttribute>(_attributes.Length);
        foreach (ReadOnlyMemory<byte> bytes in _attributes)
        {
            if (AttributeReader.Read(bytes) is not { } attribute)
            {
                return null;
            }

            read.Add(attribute);
        }

        return read.MoveToImmutable();
    }

    /// <summary>Reads a node that a walk has found well formed; null where a name is no UTF-8.</summary>
    internal static EditableNode? Read(ReadOnlyMemory<byte> message)
    {
        Parts parts = new();
        foreach (FieldSlice slice in FieldSlice.Split(message, Wanted))
        {
            if (slice.Wire != WireType.Bytes || slice.Number == 0)
            {
                continue;
            }

            if (slice.Number == 5)
            {
                parts.Attributes.Add(slice.Content);
                continue;
            }

            if (!Utf8.IsValid(slice.Content.Span))
            {
                return null;
            }

            parts.Take(slice.Number, Encoding.UTF8.GetString(slice.Content.Span));
        }

        return new EditableNode(parts);
    }

    private sealed class Parts
    {
        public string OpType { get; private set; } = "";

        public string Domain { get; private set; } = "";

        public ImmutableArray<string>.Builder Inputs { get; } = ImmutableArray.CreateBuilder<string>(0);

        public ImmutableArray<string>.Builder Outputs { get; } = ImmutableArray.CreateBuilder<string>(0);

        public ImmutableArray<ReadOnlyMemory<byte>>.Builder Attributes { get; } =
            ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>(0);

        public void Take(int field, string text)
        {
            switch (field)
            {
                case 1:
                    Inputs.Add(text);
                    break;
                case 2:
                    Outputs.Add(text);
                    break;
                case 4:
                    OpType = text;
                    break;
                case 7:
                    Domain = text;
                    break;
                default:
                    throw Check.Unreachable(field);
            }
        }
    }
}
