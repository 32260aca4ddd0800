namespace Kedge.Inference.Protocol;

/// <summary>
/// Reads the floats of one list: many at a time where they allow it, else one by one. Where a block was not to be read
/// at once, the next ones are not tried: lists are alike from the first number to the last.
/// </summary>
internal static class DecimalRun
{
    private const int FewestInBlocks = 32; // Fewer are shorter than a block, of as many digits as usual.
    private const int FewestSingly = 64;
    private const int MostSingly = 4096;

    /// <summary>
    /// Reads floats, rounded to nearest, for as long as each is followed by a comma and another number.
    /// </summary>
    /// <param name="json">The text.</param>
    /// <param name="position">Where a number starts; afterwards where the one starts that was not read.</param>
    /// <param name="values">Gets them; what lies behind those that were read may change.</param>
    /// <returns>How many were read.</returns>
    internal static int Read(ReadOnlySpan<byte> json, ref int position, Span<float> values)
    {
        if (values.Length < FewestInBlocks)
        {
            return FastDecimal.ReadRun(json, ref position, values);
        }

        int filled = 0;
        int singly = FewestSingly;
        while (true)
        {
            int read = DecimalBlock.Read(json, ref position, values[filled..]);
            filled += read;
            if (read > 0)
            {
                singly = FewestSingly;
                continue;
            }

            int until = (int)Math.Min((uint)values.Length, (uint)filled + (uint)singly);
            filled += ReadSingly(json, ref position, values[filled..until]);
            if (filled < until || until == values.Length)
            {
                return filled;
            }

            singly = Math.Min(2 * singly, MostSingly);
        }
    }

    private static int ReadSingly(ReadOnlySpan<byte> json, ref int position, Span<float> values)
    {
        int filled = 0;
        while (true)
        {
            filled += FastDecimal.ReadRun(json, ref position, values[filled..]);
            int at = position;
            if (filled == values.Length
                || NumberParser.ReadSingle(json, ref at, out float value) != ScanResult.Done
                || !TryNext(json, ref at))
            {
                return filled;
            }

            values[filled++] = value;
            position = at;
        }
    }

    /// <summary>Goes over a comma, and a space behind it, to another number.</summary>
    internal static bool TryNext(ReadOnlySpan<byte> json, ref int position)
    {
        int next = position + 1;
        if (next >= json.Length || json[position] != ',')
        {
            return false;
        }

        next += json[next] == ' ' ? 1 : 0;
        if (next >= json.Length || !FastDecimal.MayBegin(json[next]))
        {
            return false;
        }

        position = next;
        return true;
    }
}
