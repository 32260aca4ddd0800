using System.Buffers.Binary;

namespace Kedge.Content.Formats.TfLite;

/// <summary>
/// A FlatBuffers structure in a file (flatbuffers.dev, "Internals"; the checks are those of its <c>Verifier</c>).
/// Tables, vectors and texts are answered for only where all of their bytes lie inside the file and at their boundary.
/// Offsets point forward and each question goes one level down, so there are no cycles to follow; but one table may be
/// named by many offsets, so all bytes that are looked at count against a budget in proportion to the file.
/// Reads through a few cached pages: memory does not depend on the file's length.
/// </summary>
internal sealed class FlatFile(ModelFile file, FormatFailure failure)
{
    private const int PageBytes = 16 * 1024;
    private const int PagesMax = 16;
    private const int BudgetBytesMin = 64 * 1024;
    private const int BudgetFactor = 8;

    private readonly byte[]?[] _pages = new byte[PagesMax][];
    private readonly long[] _pageNumbers = new long[PagesMax];
    private readonly List<FlatRange> _pieces = [];
    private readonly long _structBytes = Math.Min(file.Bytes, FormatLimits.FlatBytesMax);
    private long _lastFields = -1;
    private long _budget = BudgetBytesMin + (Math.Min(file.Bytes, FormatLimits.FlatBytesMax) * BudgetFactor);

    /// <summary>
    /// Ranges of the structure itself: tables, vectors and texts that were asked for. Weights are not.
    /// </summary>
    public IReadOnlyList<FlatRange> Pieces => _pieces;

    public bool TryRoot(out FlatTable table)
    {
        table = default;
        return TryUInt32(0, out uint offset) && TryTable(offset, out table);
    }

    public bool TryUInt32(long at, out uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        bool read = TryScalar(at, bytes);
        value = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        return read;
    }

    /// <summary>An unsigned number of 1, 2, 4 or 8 bytes at its boundary; of a slot that is absent, 0.</summary>
    public bool TryNumber(FlatTable table, int slot, int bytes, out ulong value)
    {
        value = 0;
        if (!TrySlot(table, slot, out long at))
        {
            return false;
        }

        if (at == 0)
        {
            return true;
        }

        Span<byte> number = stackalloc byte[sizeof(ulong)];
        number.Clear();
        bool read = at + bytes <= table.At + table.Bytes && TryScalar(at, number[..bytes]);
        value = BinaryPrimitives.ReadUInt64LittleEndian(number);
        return read || Broken("a number");
    }

    public bool TryInt32(FlatTable table, int slot, int absent, out int value)
    {
        bool read = TryHas(table, slot, out bool has) & TryNumber(table, slot, sizeof(int), out ulong number);
        value = has ? (int)(uint)number : absent;
        return read;
    }

    /// <summary>Whether the table has a value in this slot.</summary>
    public bool TryHas(FlatTable table, int slot, out bool has)
    {
        bool read = TrySlot(table, slot, out long at);
        has = at != 0;
        return read;
    }

    /// <summary>
    /// Refuses a table with values in slots that are not known here: they may name bytes in other files.
    /// </summary>
    public bool TryClosed(FlatTable table, int slots, string what)
    {
        for (int slot = slots; slot < table.Slots; slot++)
        {
            if (!TryHas(table, slot, out bool has))
            {
                return false;
            }

            if (has)
            {
                return failure.Fail(
                    ContentErrors.ExternalData,
                    $"The table of {what} has part {slot}, which takes data from other files or is newer than this.");
            }
        }

        return true;
    }

    /// <summary>The table that a slot points to; null when the slot is absent.</summary>
    public bool TryTable(FlatTable parent, int slot, out FlatTable? table)
    {
        table = null;
        if (!TryTarget(parent, slot, out long at))
        {
            return false;
        }

        if (at == 0)
        {
            return true;
        }

        bool read = TryTable(at, out FlatTable found);
        table = found;
        return read;
    }

    /// <summary>A vector of scalars or offsets; empty when the slot is absent.</summary>
    public bool TryVector(FlatTable parent, int slot, int elementBytes, out FlatVector vector)
    {
        bool read = TryPlainVector(parent, slot, elementBytes, out vector);
        if (read && vector.At != 0)
        {
            _pieces.Add(new FlatRange(vector.At - sizeof(uint), vector.At + vector.Bytes));
        }

        return read;
    }

    /// <summary>A vector that is no part of the structure: the bytes of weights.</summary>
    public bool TryPlainVector(FlatTable parent, int slot, int elementBytes, out FlatVector vector)
    {
        vector = default;
        if (!TryTarget(parent, slot, out long at))
        {
            return false;
        }

        if (at == 0)
        {
            return true;
        }

        if (!TryUInt32(at, out uint count))
        {
            return Broken("a vector");
        }

        long start = at + sizeof(uint);
        long bytes = (long)count * elementBytes;
        if (bytes > _structBytes - start || (elementBytes > 1 && start % elementBytes != 0 && count > 0))
        {
            return Broken("a vector");
        }

        vector = new FlatVector(start, count, elementBytes);
        return true;
    }

    /// <summary>The table at an index of a vector of offsets.</summary>
    public bool TryTable(FlatVector vector, long index, out FlatTable table)
    {
        table = default;
        long at = vector.At + (index * sizeof(uint));
        return TryUInt32(at, out uint offset) && offset != 0 && TryTable(at + offset, out table);
    }

    public bool TryInt32(FlatVector vector, long index, out int value)
    {
        bool read = TryUInt32(vector.At + (index * sizeof(int)), out uint number);
        value = (int)number;
        return read;
    }

    /// <summary>
    /// A text: valid UTF-8, without control characters, with its zero behind it. Empty when absent.
    /// </summary>
    public bool TryText(FlatTable parent, int slot, out string text)
    {
        text = "";
        if (!TryVector(parent, slot, elementBytes: 1, out FlatVector vector))
        {
            return false;
        }

        if (vector.At == 0)
        {
            return true;
        }

        if (vector.Count > FormatLimits.NameBytesMax)
        {
            return failure.Fail(
                FormatErrors.Limit,
                $"A text has {vector.Count} bytes; at most {FormatLimits.NameBytesMax} are allowed.");
        }

        byte[] utf8 = new byte[vector.Count + 1];
        bool read = TryBytes(vector.At, utf8) && utf8[^1] == 0
            && FormatText.TryName(utf8.AsSpan(0, (int)vector.Count), out text);
        return read || Broken("a text");
    }

    /// <summary>Copies bytes of the file and counts them.</summary>
    public bool TryBytes(long at, Span<byte> into)
    {
        if (at < 0 || into.Length > _structBytes - at || !TrySpend(into.Length))
        {
            return false;
        }

        while (!into.IsEmpty)
        {
            if (Page(at / PageBytes) is not { } page)
            {
                return failure.Fail(FormatErrors.Unreadable, "The file ended before its length was read.");
            }

            int begin = (int)(at % PageBytes);
            int count = Math.Min(into.Length, page.Length - begin);
            page.AsSpan(begin, count).CopyTo(into);
            at += count;
            into = into[count..];
        }

        return true;
    }

    public bool Broken(string what) => failure.Malformed($"The bytes of {what} are not well formed.");

    private bool TryTable(long at, out FlatTable table)
    {
        table = default;
        if (!TryUInt32(at, out uint back))
        {
            return Broken("a table");
        }

        // The distance to the description of fields is signed and counted backwards.
        long fields = at - (int)back;
        Span<byte> head = stackalloc byte[2 * sizeof(ushort)];
        if (fields < 0 || fields % sizeof(ushort) != 0 || !TryBytes(fields, head))
        {
            return Broken("a table");
        }

        int fieldsBytes = BinaryPrimitives.ReadUInt16LittleEndian(head);
        int tableBytes = BinaryPrimitives.ReadUInt16LittleEndian(head[sizeof(ushort)..]);
        if (fieldsBytes < 4 || fieldsBytes % 2 != 0 || fieldsBytes > _structBytes - fields
            || tableBytes < 4 || tableBytes > _structBytes - at)
        {
            return Broken("a table");
        }

        table = new FlatTable(at, tableBytes, fields, fieldsBytes);
        _pieces.Add(new FlatRange(at, at + tableBytes));
        if (fields != _lastFields)
        {
            _lastFields = fields;
            _pieces.Add(new FlatRange(fields, fields + fieldsBytes));
        }

        return true;
    }

    /// <summary>Where the value of a slot lies; 0 when the table does not have it.</summary>
    private bool TrySlot(FlatTable table, int slot, out long at)
    {
        at = 0;
        long entry = 4 + (slot * (long)sizeof(ushort));
        if (entry + sizeof(ushort) > table.FieldsBytes)
        {
            return true;
        }

        Span<byte> bytes = stackalloc byte[sizeof(ushort)];
        if (!TryBytes(table.FieldsAt + entry, bytes))
        {
            return Broken("a table");
        }

        int offset = BinaryPrimitives.ReadUInt16LittleEndian(bytes);
        at = offset == 0 ? 0 : table.At + offset;
        return offset == 0 || (offset >= 4 && offset < table.Bytes) || Broken("a table");
    }

    private bool TryTarget(FlatTable table, int slot, out long at)
    {
        at = 0;
        if (!TrySlot(table, slot, out long field))
        {
            return false;
        }

        if (field == 0)
        {
            return true;
        }

        bool read = field + sizeof(uint) <= table.At + table.Bytes && TryUInt32(field, out uint offset) && offset != 0
            && (at = field + offset) > 0;
        return read || Broken("an offset");
    }

    private bool TryScalar(long at, Span<byte> into) => at % into.Length == 0 && TryBytes(at, into);

    private bool TrySpend(int bytes)
    {
        _budget -= bytes;
        return _budget >= 0 || failure.Fail(
            FormatErrors.Limit, "One part of the file is named by so many others that reading it would not end.");
    }

    private byte[]? Page(long number)
    {
        int index = (int)(number % PagesMax);
        if (_pages[index] is { } held && _pageNumbers[index] == number)
        {
            return held;
        }

        int bytes = (int)Math.Min(PageBytes, _structBytes - (number * PageBytes));
        byte[] page = _pages[index] is { } old && old.Length == bytes ? old : new byte[bytes];
        _pages[index] = null;
        if (!file.TryFill(number * PageBytes, page))
        {
            return null;
        }

        (_pages[index], _pageNumbers[index]) = (page, number);
        return page;
    }
}

/// <summary>A table and the description of its fields (its "vtable").</summary>
internal readonly record struct FlatTable(long At, int Bytes, long FieldsAt, int FieldsBytes)
{
    /// <summary>How many slots the table knows of; those behind are absent.</summary>
    public int Slots => (FieldsBytes - 4) / 2;
}

/// <summary>The elements of a vector; <paramref name="At"/> is 0 for one that is absent.</summary>
internal readonly record struct FlatVector(long At, long Count, int ElementBytes)
{
    public long Bytes => Count * ElementBytes;
}

/// <summary>Bytes from one place up to another.</summary>
internal readonly record struct FlatRange(long Begin, long End);
