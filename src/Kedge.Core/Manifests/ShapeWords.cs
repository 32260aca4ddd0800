using System.Globalization;

namespace Kedge.Core.Manifests;

/// <summary>What a field takes, in words for findings and documents.</summary>
internal static class ShapeWords
{
    public static string Of(FieldSchema schema) => schema.Shape switch
    {
        FieldShape.Text => "a text",
        FieldShape.Name => "a name",
        FieldShape.Integer => "a whole number",
        FieldShape.Boolean => "true or false",
        FieldShape.Memory => "an amount of memory",
        FieldShape.Cpu => "an amount of CPU",
        FieldShape.Duration => "a time",
        FieldShape.CpuSet => "a list of processors",
        FieldShape.Package => "a package",
        FieldShape.Word => "one of " + string.Join(", ", schema.Words),
        FieldShape.LabelKey => "the key of a label",
        FieldShape.LabelValue => "the value of a label",
        FieldShape.Labels => "labels",
        FieldShape.Tags => "tags",
        FieldShape.Tag => "a tag",
        FieldShape.Digest => "a digest",
        FieldShape.PublicKey => "a public key",
        FieldShape.ModelPattern => "a model's name or pattern",
        FieldShape.Object => "fields",
        FieldShape.List => "a list",
        FieldShape.Ignored => "anything",
        FieldShape.DeviceAmount => "a number of devices, or a share as 10%",
        FieldShape.Share => "a share as 0.5%",
        FieldShape.Ratio => "a number as 1.5",
        FieldShape.Latency => "a short time as 50ms",
        FieldShape.TimeOfDay => "a time of day as 22:30, in quotes",
        FieldShape.Decimal => "a number as 0.02",
        FieldShape.Instant => "a point in time as 2027-06-01T00:00:00Z",
        FieldShape.Unknown => throw Check.Unreachable(schema.Name),
    };

    /// <summary>The bounds of a field, or an empty text where the shape says it all.</summary>
    public static string Bounds(FieldSchema schema) => schema.Shape switch
    {
        _ when schema.Max == 0 => "",
        FieldShape.Memory => $"{Quantity.FormatBytes(schema.Min)} to {Quantity.FormatBytes(schema.Max)}",
        FieldShape.Cpu => $"{Quantity.FormatMilli((int)schema.Min)} to {Quantity.FormatMilli((int)schema.Max)}",
        FieldShape.Duration =>
            $"{Lifetime.Format(TimeSpan.FromSeconds(schema.Min))} to "
            + $"{Lifetime.Format(TimeSpan.FromSeconds(schema.Max))}",
        FieldShape.Share => $"{Quantity.FormatShare((int)schema.Min)} to {Quantity.FormatShare((int)schema.Max)}",
        FieldShape.Ratio => $"{Quantity.FormatRatio((int)schema.Min)} to {Quantity.FormatRatio((int)schema.Max)}",
        FieldShape.Latency =>
            $"{Quantity.FormatMicroseconds(schema.Min)} to {Quantity.FormatMicroseconds(schema.Max)}",
        FieldShape.TimeOfDay => $"{TimeText.Format((int)schema.Min)} to {TimeText.Format((int)schema.Max)}",
        FieldShape.Text => string.Create(CultureInfo.InvariantCulture, $"{schema.Min} to {schema.Max} characters"),
        FieldShape.List or FieldShape.Labels or FieldShape.Tags =>
            string.Create(CultureInfo.InvariantCulture, $"{schema.Min} to {schema.Max} entries"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{schema.Min} to {schema.Max}"),
    };
}
