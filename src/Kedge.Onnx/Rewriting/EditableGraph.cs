using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Kedge.Core;

namespace Kedge.Onnx.Rewriting;

/// <summary>
/// The outermost graph of a model that is being rewritten. Nodes, constants and inputs may be taken out and others put
/// in; everything else keeps its bytes and its place, so that what this version does not know survives. New constants
/// come last, new nodes stand where those stood that they replace.
/// </summary>
public sealed class EditableGraph
{
    private const ulong Wanted = (1UL << 1) | (1UL << 5) | (1UL << 11) | (1UL << 12);
    private const int NodeField = 1;
    private const int InitializerField = 5;
    private const int InputField = 11;
    private const int OutputField = 12;

    private readonly List<GraphPart> _parts = [];
    private readonly List<ReadOnlyMemory<byte>> _first = [];
    private readonly List<ReadOnlyMemory<byte>> _last = [];
    private readonly Dictionary<EditableNode, GraphPart> _nodes = [];
    private readonly Dictionary<EditableInitializer, GraphPart> _initializers = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly HashSet<string> _outputs = new(StringComparer.Ordinal);
    private readonly HashSet<string> _nested = new(StringComparer.Ordinal);
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);

    private EditableGraph()
    {
    }

    /// <summary>Operations in the order of the file, as it was read.</summary>
    public IEnumerable<EditableNode> Nodes => _parts.Select(static part => part.Node).OfType<EditableNode>();

    /// <summary>Constants in the order of the file, as it was read.</summary>
    public IEnumerable<EditableInitializer> Initializers =>
        _parts.Select(static part => part.Initializer).OfType<EditableInitializer>();

    /// <summary>Names of the inputs that are still declared; older files list constants among them.</summary>
    public IEnumerable<string> Inputs =>
        _parts.Where(static part => part.InPlace is null).Select(static part => part.Input).OfType<string>();

    /// <summary>Names of the graph's outputs.</summary>
    public IReadOnlySet<string> Outputs => _outputs;

    private IEnumerable<string> Constants => Initializers.Select(static initializer => initializer.Facts.Name);

    /// <summary>Every name that graphs within this one mention: they may refer to values of this one.</summary>
    public IReadOnlySet<string> NestedNames => _nested;

    /// <summary>True once something was taken out or put in.</summary>
    public bool IsChanged { get; private set; }

    /// <summary>How many bytes the graph's message takes.</summary>
    internal long Bytes =>
        _parts.Sum(static part => part.Bytes) + _first.Concat(_last).Sum(static piece => (long)piece.Length);

    /// <summary>Puts operations in the place of one.</summary>
    public void Replace(EditableNode node, IEnumerable<OnnxNodeSpec> by)
    {
        IsChanged = true;
        _nodes[node].InPlace = [.. by.Select(NodeBytes)];
    }

    /// <summary>Puts an operation before all that were read; those put in earlier stay before it.</summary>
    public void Begin(OnnxNodeSpec node)
    {
        IsChanged = true;
        _first.Add(NodeBytes(node));
    }

    /// <summary>Adds a constant.</summary>
    public void Add(OnnxTensor tensor)
    {
        IsChanged = true;
        ProtoWriter head = OnnxWriter.TensorHead(tensor);
        ProtoWriter field = new();
        field.Head(InitializerField, head.Length + tensor.Raw.Length);
        _last.Add(field.ToArray());
        _last.Add(head.ToArray());
        _last.Add(tensor.Raw);
    }

    /// <summary>Takes a constant out.</summary>
    public void Remove(EditableInitializer initializer)
    {
        IsChanged = true;
        _initializers[initializer].InPlace = [];
    }

    /// <summary>Takes a constant's declaration as an input out, so that no request can give it another value.</summary>
    public void RemoveInput(string name)
    {
        foreach (GraphPart part in _parts.Where(part => part.Input == name))
        {
            IsChanged = true;
            part.InPlace = [];
        }
    }

    /// <summary>
    /// Declares inputs and outputs as the graph does that this one was made of by a runtime. What a runtime writes has
    /// shapes that it found out in place of what the author said, and keeps the declarations of constants that it
    /// computed away, which nobody could give a value for.
    /// </summary>
    public void DeclareAs(EditableGraph original)
    {
        HashSet<string> given = new(original.Inputs.Except(original.Constants), StringComparer.Ordinal);
        HashSet<string> constants = new(Constants, StringComparer.Ordinal);
        foreach (GraphPart part in _parts.Where(static part => (part.Input ?? part.Output) is not null))
        {
            GraphPart? its = original._parts.Find(its => its.Input == part.Input && its.Output == part.Output);
            if (part.Input is { } input && !given.Contains(input) && !constants.Contains(input))
            {
                IsChanged = true;
                part.InPlace = [];
            }
            else if (its is not null && !its.Whole.Span.SequenceEqual(part.Whole.Span))
            {
                IsChanged = true;
                part.InPlace = [its.Whole];
            }
        }
    }

    /// <summary>A name that nothing has, made of one that something has.</summary>
    public string FreshName(string wish)
    {
        string name = wish;
        for (int number = 2; _names.Contains(name) || _nested.Contains(name) || !_taken.Add(name); number++)
        {
            name = string.Create(CultureInfo.InvariantCulture, $"{wish}_{number}");
        }

        return name;
    }

    /// <summary>Reads a graph that a walk has found well formed; null where a name is no UTF-8.</summary>
    internal static EditableGraph? Read(
        ReadOnlyMemory<byte> message, OnnxModel facts, ReadOnlyMemory<byte> file)
    {
        EditableGraph graph = new();
        int initializers = 0;
        foreach (FieldSlice slice in FieldSlice.Split(message, Wanted))
        {
            OnnxInitializer? tensor = slice is { Number: InitializerField, Wire: WireType.Bytes }
                ? facts.Initializers[initializers++]
                : null;
            if (!graph.TryTake(slice, tensor, file))
            {
                return null;
            }
        }

        foreach (EditableNode node in graph._nodes.Keys)
        {
            if (!node.Graphs.All(graph.TryTakeNested))
            {
                return null;
            }
        }

        return graph;
    }

    /// <summary>Writes the message into exactly <see cref="Bytes"/> bytes.</summary>
    internal void Write(Span<byte> into)
    {
        bool begun = false;
        foreach (GraphPart part in _parts)
        {
            if (part.Node is not null && !begun)
            {
                begun = true;
                into = Write(into, _first);
            }

            into = part.Write(into);
        }

        into = Write(into, begun ? [] : _first);
        into = Write(into, _last);
        Check.That(into.IsEmpty);
    }

    private static Span<byte> Write(Span<byte> into, List<ReadOnlyMemory<byte>> pieces)
    {
        foreach (ReadOnlyMemory<byte> piece in pieces)
        {
            piece.Span.CopyTo(into);
            into = into[piece.Length..];
        }

        return into;
    }

    private static ReadOnlyMemory<byte> NodeBytes(OnnxNodeSpec node)
    {
        ProtoWriter field = new();
        field.Message(NodeField, OnnxWriter.Node(node));
        return field.ToArray();
    }

    private bool TryTake(FieldSlice slice, OnnxInitializer? tensor, ReadOnlyMemory<byte> file)
    {
        EditableNode? node = null;
        string? name = null;
        if (slice.Wire == WireType.Bytes && slice.Number == NodeField)
        {
            node = EditableNode.Read(slice.Content);
            if (node is null)
            {
                return false;
            }

            _names.UnionWith(node.Inputs);
            _names.UnionWith(node.Outputs);
        }
        else if (slice.Wire == WireType.Bytes && slice.Number is InputField or OutputField)
        {
            name = NameOf(slice.Content);
            if (name is null)
            {
                return false;
            }

            _names.Add(name);
            _ = slice.Number == OutputField && _outputs.Add(name);
        }

        GraphPart part = new()
        {
            Whole = slice.Whole,
            Node = node,
            Initializer = tensor is null ? null : new EditableInitializer(tensor, slice.Content, file),
            Input = slice.Number == InputField ? name : null,
            Output = slice.Number == OutputField ? name : null,
        };
        _parts.Add(part);
        Index(part);
        return true;
    }

    private void Index(GraphPart part)
    {
        if (part.Node is not null)
        {
            _nodes.Add(part.Node, part);
        }

        if (part.Initializer is not null)
        {
            _initializers.Add(part.Initializer, part);
            _names.Add(part.Initializer.Facts.Name);
        }
    }

    /// <summary>Takes note of all names in a graph within; the walk has bounded how deep they lie.</summary>
    private bool TryTakeNested(ReadOnlyMemory<byte> graph)
    {
        foreach (FieldSlice slice in FieldSlice.Split(graph, (1UL << NodeField) | (1UL << OutputField)))
        {
            if (slice.Wire != WireType.Bytes || slice.Number == 0)
            {
                continue;
            }

            if (slice.Number == OutputField)
            {
                if (NameOf(slice.Content) is not { } output)
                {
                    return false;
                }

                _nested.Add(output);
                continue;
            }

            if (EditableNode.Read(slice.Content) is not { } node)
            {
                return false;
            }

            _nested.UnionWith(node.Inputs);
            _nested.UnionWith(node.Outputs);
            if (!node.Graphs.All(TryTakeNested))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Name of a <c>ValueInfoProto</c>; null where it is no UTF-8.</summary>
    private static string? NameOf(ReadOnlyMemory<byte> value)
    {
        string name = "";
        foreach (FieldSlice slice in FieldSlice.Split(value, 1UL << 1))
        {
            if (slice is not { Number: 1, Wire: WireType.Bytes })
            {
                continue;
            }

            if (!Utf8.IsValid(slice.Content.Span))
            {
                return null;
            }

            name = Encoding.UTF8.GetString(slice.Content.Span);
        }

        return name;
    }
}
