using System.Collections.Immutable;
using Kedge.Store.Contracts;

namespace Kedge.Store.Memory;

/// <summary>Cuts a list into a page.</summary>
internal static class MemoryPage
{
    public static Page<T> Of<T>(IEnumerable<T> rows, int rowsMax, long revision, Func<T, string> key)
    {
        ImmutableArray<T> taken = [.. rows.Take(rowsMax + 1)];
        bool more = taken.Length > rowsMax;
        ImmutableArray<T> items = more ? taken[..rowsMax] : taken;
        return new Page<T> { Items = items, Revision = revision, Next = more ? key(items[^1]) : null };
    }
}
