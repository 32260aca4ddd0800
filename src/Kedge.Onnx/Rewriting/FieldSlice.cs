using Kedge.Core;

namespace Kedge.Onnx.Rewriting;

/// <summary>A stretch of a message as it stands in the file: a field that was asked for, or a run of others.</summary>
/// <param name="Number">The field's number; 0 for a run of fields that nobody asked for.</param>
/// <param name="Wire">The field's wire type.</param>
/// <param name="Whole">Key and value together, as they stand.</param>
/// <param name="Content">The value of a field of bytes, without its length; empty for others.</param>
internal readonly record struct FieldSlice(
    int Number, WireType Wire, ReadOnlyMemory<byte> Whole, ReadOnlyMemory<byte> Content)
{
    /// <summary>
    /// Cuts a well-formed message at the fields that are asked for. Fields in between stay together, so that the
    /// slices are as many as the fields that the reader's bounds count, however many others there are.
    /// </summary>
    /// <param name="message">A message that a walk has found well formed.</param>
    /// <param name="wanted">A bit for each number that is asked for.</param>
    public static List<FieldSlice> Split(ReadOnlyMemory<byte> message, ulong wanted)
    {
        List<FieldSlice> slices = [];
        ProtoReader reader = new(message.Span, offset: 0);
        int run = 0;
        while (!reader.AtEnd)
        {
            int start = reader.Position;
            Check.That(reader.TryField(out int number, out WireType wire));
            ReadOnlyMemory<byte> content = default;
            if (wire == WireType.Bytes)
            {
                Check.That(reader.TryBytes(out ReadOnlySpan<byte> bytes, out long offset));
                content = message.Slice((int)offset, bytes.Length);
            }
            else
            {
                Check.That(reader.TrySkip(wire));
            }

            if (number >= 64 || ((wanted >> number) & 1) == 0)
            {
                continue;
            }

            AddRun(slices, message[run..start]);
            run = reader.Position;
            slices.Add(new FieldSlice(number, wire, message[start..run], content));
        }

        AddRun(slices, message[run..]);
        return slices;
    }

    private static void AddRun(List<FieldSlice> slices, ReadOnlyMemory<byte> run)
    {
        if (!run.IsEmpty)
        {
            slices.Add(new FieldSlice(0, WireType.Bytes, run, default));
        }
    }
}
