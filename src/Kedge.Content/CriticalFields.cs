using System.Collections.Immutable;
using Kedge.Core.Errors;

namespace Kedge.Content;

/// <summary>Fields that a document's writer says must not be skipped by a reader that does not know them.</summary>
internal static class CriticalFields
{
    public static bool TryRead(ref JsonCursor cursor, out ImmutableArray<string> fields) =>
        JsonLists.TryTexts(ref cursor, ContentLimits.CriticalMax, ContentLimits.FieldCharsMax, out fields);

    public static IEnumerable<Finding> Unknown(ImmutableArray<string> critical, ImmutableArray<string> known) =>
        critical
            .Where(field => !known.Contains(field, StringComparer.Ordinal))
            .Select(static field => ContentErrors.Critical.At($"The field '{field}' is critical and not known."));
}
