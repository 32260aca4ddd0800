using System.Runtime.InteropServices;
using System.Text;
using Kedge.Core;

namespace Kedge.Inference.Tensors;

/// <summary>
/// One tensor in memory that is used again and again: name, type, shape, and its elements row-major and little-endian.
/// The memory is pinned for as long as it lives, so a native runtime may compute on it; it grows and is given back only
/// by <see cref="Trim"/>. Elements of BYTES lie one behind the other, each with its end. Not thread-safe.
/// </summary>
public sealed class Tensor
{
    private readonly long[] _shape = new long[InferenceLimits.RankMax];
    private byte[] _memory = [];
    private int[] _ends = [];
    private int _byteCount;
    private Memory<byte> _borrowed;

    /// <summary>Its name in the request or response.</summary>
    public string Name { get; private set; } = "";

    /// <summary>Its element type.</summary>
    public TensorType Type { get; private set; }

    /// <summary>Number of dimensions, 0..<see cref="InferenceLimits.RankMax"/>.</summary>
    public int Rank { get; private set; }

    /// <summary>Number of elements by its shape.</summary>
    public int ElementCount { get; private set; }

    /// <summary>BYTES elements appended so far; equals <see cref="ElementCount"/> once it is filled.</summary>
    public int TextCount { get; private set; }

    /// <summary>Its dimensions, each 0 or greater.</summary>
    public ReadOnlySpan<long> Shape => _shape.AsSpan(0, Rank);

    /// <summary>Its elements; for BYTES the texts one behind the other.</summary>
    public Span<byte> Bytes => _borrowed.IsEmpty ? Own() : _borrowed.Span;

    /// <summary>Bytes that it holds on to.</summary>
    public int Capacity => _memory.Length + (_ends.Length * sizeof(int));

    /// <summary>Names it and sets its type; the shape is then empty and the elements undefined.</summary>
    public void Begin(string name, TensorType type)
    {
        Name = name;
        Type = type;
        Rank = 0;
        ElementCount = 0;
        TextCount = 0;
        _byteCount = 0;
        _borrowed = default;
    }

    /// <summary>
    /// Sets the shape; the values of its elements are then undefined, and room for them is made when they are first
    /// asked for. False when the shape is invalid or the elements are more than <paramref name="elementsMax"/> or the
    /// limit.
    /// </summary>
    public bool TryShape(ReadOnlySpan<long> shape, long elementsMax = long.MaxValue)
    {
        Check.That(Type != TensorType.Unknown);
        int width = Math.Max(TensorTypes.ElementBytes(Type), 1);
        if (!TensorShape.TryCount(shape, out long count)
            || count > elementsMax
            || count > InferenceLimits.TensorBytesMax / width
            || (Type == TensorType.Bytes && count > InferenceLimits.TensorBytesMax / sizeof(int)))
        {
            return false;
        }

        shape.CopyTo(_shape);
        Rank = shape.Length;
        ElementCount = (int)count;
        TextCount = 0;
        if (Type == TensorType.Bytes)
        {
            _byteCount = 0;
            if (_ends.Length < ElementCount)
            {
                _ends = GC.AllocateUninitializedArray<int>(Grown(ElementCount, _ends.Length));
            }
        }
        else
        {
            _byteCount = ElementCount * width;
        }

        return true;
    }

    /// <summary>
    /// Sets the shape and takes memory that never moves for its elements, until it is begun again or trimmed. False,
    /// with nothing changed, when the memory is not exactly that of the shape. Not for BYTES.
    /// </summary>
    public bool TryBorrow(ReadOnlySpan<long> shape, Memory<byte> elements)
    {
        Check.That(Type is not (TensorType.Unknown or TensorType.Bytes));
        if (!TensorShape.TryCount(shape, out long count) || count * TensorTypes.ElementBytes(Type) != elements.Length)
        {
            return false;
        }

        shape.CopyTo(_shape);
        Rank = shape.Length;
        ElementCount = (int)count;
        _byteCount = elements.Length;
        _borrowed = elements;
        return true;
    }

    /// <summary>The elements as numbers of a .NET type of the same width.</summary>
    public Span<T> Values<T>()
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(Bytes);

    /// <summary>One element of BYTES.</summary>
    public ReadOnlySpan<byte> Text(int index)
    {
        Check.That((uint)index < (uint)TextCount);
        int start = index == 0 ? 0 : _ends[index - 1];
        return _memory.AsSpan(start, _ends[index] - start);
    }

    /// <summary>Appends one element of BYTES; there is room for as many as the shape has.</summary>
    public void AppendText(ReadOnlySpan<byte> text) => text.CopyTo(AppendText(text.Length));

    /// <summary>Appends one element of BYTES of this length and gives its memory, to be filled at once.</summary>
    public Span<byte> AppendText(int byteCount)
    {
        Check.That(Type == TensorType.Bytes);
        Check.That(TextCount < ElementCount);
        int start = _byteCount;
        Reserve(checked(start + byteCount), keep: start);
        _byteCount = start + byteCount;
        _ends[TextCount++] = _byteCount;
        return _memory.AsSpan(start, byteCount);
    }

    /// <summary>Cuts the element appended last down to fewer bytes.</summary>
    public void ShrinkLastText(int byteCount)
    {
        Check.That(TextCount > 0);
        int start = TextCount == 1 ? 0 : _ends[TextCount - 2];
        Check.That(byteCount <= _byteCount - start);
        _byteCount = start + byteCount;
        _ends[TextCount - 1] = _byteCount;
    }

    /// <summary>Makes this a copy of another.</summary>
    public void CopyFrom(Tensor other) => CopyFrom(other, other.Name);

    /// <summary>Makes this a copy of another under a name of its own.</summary>
    public void CopyFrom(Tensor other, string name)
    {
        Begin(name, other.Type);
        Check.That(TryShape(other.Shape));
        if (Type != TensorType.Bytes)
        {
            other.Bytes.CopyTo(Bytes);
            return;
        }

        for (int i = 0; i < other.TextCount; i++)
        {
            AppendText(other.Text(i));
        }
    }

    /// <summary>Gives memory back that is more than this many bytes. The elements are undefined afterwards.</summary>
    public void Trim(int keepBytesMax)
    {
        if (Capacity > keepBytesMax)
        {
            _memory = [];
            _ends = [];
            Begin(Name, Type);
        }
        else if (!_borrowed.IsEmpty)
        {
            Begin(Name, Type);
        }
    }

    /// <summary>For people: <c>x FP32 [1,16]</c>.</summary>
    public override string ToString() => $"{Name} {TensorTypes.Name(Type)} {TensorShape.Describe(Shape)}";

    /// <summary>A tensor of numbers, for callers that are in no hurry.</summary>
    public static Tensor Of<T>(string name, TensorType type, ReadOnlySpan<long> shape, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        Tensor tensor = new();
        tensor.Begin(name, type);
        Check.That(tensor.TryShape(shape));
        MemoryMarshal.AsBytes(values).CopyTo(tensor.Bytes);
        Check.That(MemoryMarshal.AsBytes(values).Length == tensor.Bytes.Length);
        return tensor;
    }

    /// <summary>A tensor of texts, for callers that are in no hurry.</summary>
    public static Tensor OfText(string name, ReadOnlySpan<long> shape, ReadOnlySpan<string> texts)
    {
        Tensor tensor = new();
        tensor.Begin(name, TensorType.Bytes);
        Check.That(tensor.TryShape(shape));
        Check.That(tensor.ElementCount == texts.Length);
        foreach (string text in texts)
        {
            tensor.AppendText(Encoding.UTF8.GetBytes(text));
        }

        return tensor;
    }

    private Span<byte> Own()
    {
        Reserve(_byteCount, keep: 0);
        return _memory.AsSpan(0, _byteCount);
    }

    private void Reserve(int byteCount, int keep)
    {
        if (byteCount <= _memory.Length)
        {
            return;
        }

        byte[] grown = GC.AllocateUninitializedArray<byte>(Grown(byteCount, _memory.Length), pinned: true);
        _memory.AsSpan(0, keep).CopyTo(grown);
        _memory = grown;
    }

    private static int Grown(int needed, int present) =>
        (int)Math.Min(Math.Max(Math.Max(needed, 64L), present * 2L), InferenceLimits.TensorBytesMax);
}
