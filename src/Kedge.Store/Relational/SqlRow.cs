using System.Collections.Immutable;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Kedge.Core;

namespace Kedge.Store.Relational;

/// <summary>Reads the columns of one row from the left to the right; what the store never writes throws.</summary>
internal sealed class SqlRow(DbDataReader reader)
{
    private int _column;

    /// <summary>The first column as text: the key, for messages and paging.</summary>
    public string Key => Convert.ToString(reader.GetValue(0), CultureInfo.InvariantCulture) ?? "";

    /// <summary>Maps the row; false with the reason when a column holds what the store never writes.</summary>
    public bool TryMap<T>(Func<SqlRow, T> map, [NotNullWhen(true)] out T? value, out string reason)
        where T : class
    {
        reason = "";
        try
        {
            value = map(this);
            return true;
        }
        catch (Exception e) when (e is InvariantException or JsonException or FormatException or InvalidCastException
            or InvalidOperationException or OverflowException)
        {
            value = null;
            reason = $"column {reader.GetName(Math.Max(0, _column - 1))}: {e.Message}";
            return false;
        }
    }

    public string Text() => reader.GetString(_column++);

    public long Number() => reader.GetInt64(_column++);

    public int Count() => checked((int)Number());

    public bool Flag()
    {
        long value = Number();
        Check.That(value is 0 or 1);
        return value == 1;
    }

    public long NotNegative()
    {
        long value = Number();
        Check.That(value >= 0);
        return value;
    }

    public ImmutableArray<byte> Bytes() =>
        ImmutableCollectionsMarshal.AsImmutableArray(reader.GetFieldValue<byte[]>(_column++));

    public DeviceId Device() => new(Text());

    public DeviceId? DeviceOrNone() => Text() is { Length: > 0 } text ? new DeviceId(text) : null;

    public DeploymentId Deployment() => new(Text());

    public DeploymentId? DeploymentOrNone() => Text() is { Length: > 0 } text ? new DeploymentId(text) : null;

    public Digest Digest() => Core.Digest.Parse(Text());

    public Digest DigestOrNone() => Text() is { Length: > 0 } text ? Core.Digest.Parse(text) : default;

    public ImmutableSortedDictionary<string, string> Labels() => SqlJson.ReadLabels(Text());
}
