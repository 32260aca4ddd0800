using System.Collections.Immutable;

namespace Kedge.Content;

/// <summary>Reads one value of a list that the cursor stands on.</summary>
internal delegate bool TryReadItem<T>(ref JsonCursor cursor, out T? item);

/// <summary>Lists of bounded length, read item by item: nothing is allocated for what is not there.</summary>
internal static class JsonLists
{
    public static bool TryItems<T>(
        ref JsonCursor cursor, int countMax, TryReadItem<T> tryItem, out ImmutableArray<T> items)
        where T : notnull
    {
        items = [];
        if (!cursor.TryArray())
        {
            return false;
        }

        ImmutableArray<T>.Builder builder = ImmutableArray.CreateBuilder<T>(0);
        while (cursor.TryItem())
        {
            if (builder.Count == countMax)
            {
                return cursor.Fail($"a list has more than {countMax} entries");
            }

            if (!tryItem(ref cursor, out T? item) || item is null)
            {
                return false;
            }

            builder.Add(item);
        }

        items = builder.DrainToImmutable();
        return cursor.Failure is null;
    }

    public static bool TryTexts(ref JsonCursor cursor, int countMax, int charsMax, out ImmutableArray<string> texts) =>
        TryItems(
            ref cursor,
            countMax,
            (ref JsonCursor at, out string? text) =>
            {
                bool read = at.TryText(charsMax, out string value);
                text = value;
                return read;
            },
            out texts);

    public static bool TryNumbers(ref JsonCursor cursor, int countMax, out ImmutableArray<long> numbers) =>
        TryItems(
            ref cursor,
            countMax,
            static (ref JsonCursor at, out long number) => at.TryNumber(out number),
            out numbers);
}
