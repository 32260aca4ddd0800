using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Kedge.Conformance.Rules;

namespace Kedge.Conformance.Models;

/// <summary>A tensor with its elements. Compared by <see cref="Differs"/> only.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its datatype.</param>
/// <param name="Shape">Its extents, each 0 or above.</param>
/// <param name="Elements">Row-major; see <see cref="DataTypes"/>.</param>
internal sealed record TensorValue(
    string Name, string Type, ImmutableArray<long> Shape, ImmutableArray<byte[]> Elements)
{
    /// <summary>The elements as binary tensor data.</summary>
    internal byte[] ToBinary()
    {
        using MemoryStream bytes = new();
        foreach (byte[] element in Elements)
        {
            if (Type == "BYTES")
            {
                byte[] length = new byte[sizeof(int)];
                BinaryPrimitives.WriteInt32LittleEndian(length, element.Length);
                bytes.Write(length);
            }

            bytes.Write(element);
        }

        return bytes.ToArray();
    }

    /// <summary>The elements in one flat JSON list.</summary>
    internal string ToFlatJson() => $"[{string.Join(',', Elements.Select(e => DataTypes.ToJson(Type, e)))}]";

    /// <summary>The elements in one JSON list per dimension.</summary>
    internal string ToNestedJson()
    {
        int next = 0;
        return Nested(0, ref next);
    }

    /// <summary>The shape as JSON.</summary>
    internal string ShapeJson() =>
        $"[{string.Join(',', Shape.Select(e => e.ToString(CultureInfo.InvariantCulture)))}]";

    /// <summary>Null when both are equal bit by bit, else where they are not.</summary>
    internal string? Differs(TensorValue other)
    {
        if (Type != other.Type || !Shape.SequenceEqual(other.Shape))
        {
            return $"'{Name}' is {other.Type} {other.ShapeJson()}, expected {Type} {ShapeJson()}.";
        }

        for (int i = 0; i < Elements.Length; i++)
        {
            if (!Elements[i].AsSpan().SequenceEqual(other.Elements[i]))
            {
                return string.Create(CultureInfo.InvariantCulture, $"'{Name}' element {i} is ")
                    + $"{DataTypes.ToJson(Type, other.Elements[i])}, expected {DataTypes.ToJson(Type, Elements[i])}.";
            }
        }

        return null;
    }

    /// <summary>Reads a tensor of an answer or of a file, its data in JSON, flat or nested.</summary>
    internal static TensorValue Read(JsonElement json)
    {
        TensorValue head = ReadHead(json);
        List<byte[]> elements = [];
        Collect(Expect.Field(json, "data"), head.Type, elements);
        return head.With(elements);
    }

    /// <summary>Reads a tensor of an answer whose data follows the JSON.</summary>
    internal static TensorValue ReadBinary(JsonElement json, ReadOnlySpan<byte> bytes)
    {
        TensorValue head = ReadHead(json);
        return head.With(Split(head.Type, bytes));
    }

    /// <summary>Cuts binary tensor data into elements.</summary>
    internal static List<byte[]> Split(string type, ReadOnlySpan<byte> bytes)
    {
        List<byte[]> elements = [];
        while (!bytes.IsEmpty)
        {
            int size = DataTypes.Size(type);
            if (type == "BYTES")
            {
                Expect.That(bytes.Length >= sizeof(int), "A length of BYTES is cut off.");
                size = BinaryPrimitives.ReadInt32LittleEndian(bytes);
                bytes = bytes[sizeof(int)..];
            }

            Expect.That(
                size >= 0 && size <= bytes.Length,
                $"An element of {type} needs {size} bytes, {bytes.Length} are left.");
            elements.Add(bytes[..size].ToArray());
            bytes = bytes[size..];
        }

        return elements;
    }

    private static TensorValue ReadHead(JsonElement json)
    {
        string type = Expect.Text(json, "datatype");
        Expect.That(DataTypes.Size(type) >= 0, $"'{type}' is no datatype of the protocol.");
        ImmutableArray<long> shape = Expect.Numbers(json, "shape");
        Expect.That(shape.All(static extent => extent >= 0), "A tensor with data has a negative extent.");
        return new TensorValue(Expect.Text(json, "name"), type, shape, []);
    }

    private static void Collect(JsonElement json, string type, List<byte[]> elements)
    {
        if (json.ValueKind != JsonValueKind.Array)
        {
            elements.Add(DataTypes.FromJson(type, json));
            return;
        }

        foreach (JsonElement item in json.EnumerateArray())
        {
            Collect(item, type, elements);
        }
    }

    private TensorValue With(List<byte[]> elements)
    {
        long count = Shape.Aggregate(1L, static (product, extent) => product * extent);
        Expect.That(
            count == elements.Count,
            $"'{Name}' has {elements.Count} elements, its shape {ShapeJson()} asks for {count}.");
        return this with { Elements = [.. elements] };
    }

    private string Nested(int axis, ref int next)
    {
        if (axis == Shape.Length)
        {
            return DataTypes.ToJson(Type, Elements[next++]);
        }

        StringBuilder text = new("[");
        for (long i = 0; i < Shape[axis]; i++)
        {
            text.Append(i == 0 ? "" : ",").Append(Nested(axis + 1, ref next));
        }

        return text.Append(']').ToString();
    }
}
