using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Kedge.Core;

/// <summary>
/// The registry of every kind of id: text form and parser. A bare string never crosses a method border as an id.
/// </summary>
public static class Ids
{
    /// <summary>Longest name of a tenant, device, deployment, model or label value, in characters.</summary>
    public const int NameCharsMax = 63;

    /// <summary>
    /// True for a DNS label: 1..63 of <c>a-z 0-9 -</c>, first and last a letter or digit (RFC 1123 §2.1).
    /// </summary>
    public static bool IsName([NotNullWhen(true)] string? text)
    {
        if (text is null || text.Length is 0 or > NameCharsMax || text[0] == '-' || text[^1] == '-')
        {
            return false;
        }

        foreach (char c in text)
        {
            if (c is not ((>= 'a' and <= 'z') or (>= '0' and <= '9') or '-'))
            {
                return false;
            }
        }

        return true;
    }

    internal static string Require(string text)
    {
        Check.That(IsName(text));
        return text;
    }
}

/// <summary>A tenant: 1..63 characters, a DNS label. Comes first in every store contract.</summary>
public readonly record struct TenantId
{
    /// <summary>The tenant of a server that has only one.</summary>
    public static readonly TenantId Default = new("default");

    private readonly string _value;

    /// <summary>Wraps a checked name; throws <see cref="InvariantException"/> on any other text.</summary>
    public TenantId(string value) => _value = Ids.Require(value);

    /// <summary>Parses text from outside; false leaves <paramref name="id"/> at its default.</summary>
    public static bool TryParse(string? text, out TenantId id)
    {
        id = Ids.IsName(text) ? new TenantId(text) : default;
        return id._value is not null;
    }

    /// <inheritdoc/>
    public override string ToString() => _value ?? "";
}

/// <summary>A device's name within its tenant: 1..63 characters, a DNS label. Outlives broken hardware.</summary>
public readonly record struct DeviceId : IComparable<DeviceId>
{
    private readonly string _value;

    /// <summary>Wraps a checked name; throws <see cref="InvariantException"/> on any other text.</summary>
    public DeviceId(string value) => _value = Ids.Require(value);

    /// <summary>Parses text from outside; false leaves <paramref name="id"/> at its default.</summary>
    public static bool TryParse(string? text, out DeviceId id)
    {
        id = Ids.IsName(text) ? new DeviceId(text) : default;
        return id._value is not null;
    }

    /// <inheritdoc/>
    public int CompareTo(DeviceId other) => string.CompareOrdinal(_value, other._value);

    /// <inheritdoc/>
    public override string ToString() => _value ?? "";
}

/// <summary>A deployment's name within its tenant, which is also the name of its workload on each device.</summary>
public readonly record struct DeploymentId : IComparable<DeploymentId>
{
    private readonly string _value;

    /// <summary>Wraps a checked name; throws <see cref="InvariantException"/> on any other text.</summary>
    public DeploymentId(string value) => _value = Ids.Require(value);

    /// <summary>Parses text from outside; false leaves <paramref name="id"/> at its default.</summary>
    public static bool TryParse(string? text, out DeploymentId id)
    {
        id = Ids.IsName(text) ? new DeploymentId(text) : default;
        return id._value is not null;
    }

    /// <inheritdoc/>
    public int CompareTo(DeploymentId other) => string.CompareOrdinal(_value, other._value);

    /// <inheritdoc/>
    public override string ToString() => _value ?? "";
}

/// <summary>
/// The number of one desired state of one device: 0 for none yet, then growing by at least 1 each time.
/// </summary>
/// <param name="Value">0..2^53-1, so that it survives every JSON reader.</param>
public readonly record struct Generation(long Value) : IComparable<Generation>
{
    /// <summary>No desired state yet.</summary>
    public static readonly Generation None = new(0);

    /// <summary>The one after this.</summary>
    public Generation Next => new(Value + 1);

    /// <inheritdoc/>
    public int CompareTo(Generation other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
