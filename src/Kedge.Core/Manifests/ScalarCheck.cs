using System.Security.Cryptography;
using Kedge.Core.Deployments;
using Kedge.Core.Errors;

namespace Kedge.Core.Manifests;

/// <summary>Holds single values against what their field takes.</summary>
internal sealed class ScalarCheck(FindingList findings)
{
    public void Check(ManifestNode.Scalar scalar, FieldSchema schema, string path)
    {
        if (!HasType(scalar, schema.Shape))
        {
            findings.Add(
                SpecErrors.WrongType,
                $"{path} takes {ShapeWords.Of(schema)}, not "
                + $"{ScalarWords.Describe(scalar)}{QuoteHint(scalar, schema.Shape)}",
                path,
                scalar.Line);
        }
        else if (Problem(scalar, schema) is (ErrorCode code, string message))
        {
            findings.Add(code, $"{path}: {message}", path, scalar.Line);
        }
    }

    private static bool HasType(ManifestNode.Scalar scalar, FieldShape shape) => shape switch
    {
        FieldShape.Integer => ScalarWords.TryInteger(scalar, out _),
        FieldShape.Boolean => ScalarWords.IsBoolean(scalar),
        FieldShape.Memory or FieldShape.Cpu or FieldShape.CpuSet or FieldShape.DeviceAmount
            or FieldShape.Ratio or FieldShape.Decimal => ScalarWords.IsText(scalar) || ScalarWords.IsNumber(scalar),
        _ => ScalarWords.IsText(scalar),
    };

    private static string QuoteHint(ManifestNode.Scalar scalar, FieldShape shape) =>
        shape is FieldShape.Integer or FieldShape.Boolean || ScalarWords.IsNull(scalar)
            ? ""
            : $"; write \"{ScalarWords.Shown(scalar.Text)}\" in quotes if that is meant";

    private static (ErrorCode Code, string Message)? Problem(ManifestNode.Scalar scalar, FieldSchema schema)
    {
        string text = scalar.Text;
        string shown = ScalarWords.Shown(text);
        return schema.Shape switch
        {
            FieldShape.Text => TextProblem(text, schema),
            FieldShape.Name when !Ids.IsName(text) => (SpecErrors.Name, $"'{shown}' is no name"),
            FieldShape.Integer => NumberProblem(ScalarWords.TryInteger(scalar, out long number), number, shown, schema),
            FieldShape.Memory => NumberProblem(Quantity.TryParseBytes(text, out long bytes), bytes, shown, schema),
            FieldShape.Cpu => NumberProblem(Quantity.TryParseMilli(text, out int milli), milli, shown, schema),
            FieldShape.Duration => NumberProblem(
                Lifetime.TryParse(text, out TimeSpan span), (long)span.TotalSeconds, shown, schema),
            FieldShape.Share => NumberProblem(Quantity.TryParseShare(text, out int ppm), ppm, shown, schema),
            FieldShape.Ratio => NumberProblem(Quantity.TryParseRatio(text, out int permille), permille, shown, schema),
            FieldShape.Latency => NumberProblem(
                Quantity.TryParseMicroseconds(text, out long microseconds), microseconds, shown, schema),
            FieldShape.TimeOfDay => NumberProblem(TimeText.TryParse(text, out int minute), minute, shown, schema),
            FieldShape.Decimal => DecimalProblem(text, shown, schema),
            FieldShape.Instant when !InstantText.TryParse(text, out _) =>
                (SpecErrors.Range, $"'{shown}' is not {ShapeWords.Of(schema)}"),
            FieldShape.DeviceAmount when !DeviceAmount.TryParse(text, out _) =>
                (SpecErrors.Amount, $"'{shown}' is not {ShapeWords.Of(schema)}"),
            FieldShape.CpuSet when !CpuSetText.IsValid(text, out string error) =>
                (SpecErrors.CpuSet, $"'{shown}' is no list of processors: {error}"),
            FieldShape.Tag when !PackageReference.IsTag(text) => (SpecErrors.Package, $"'{shown}' is no tag"),
            FieldShape.Package when !PackageReference.TryParse(text, out _) && !Ids.IsName(text) =>
                (SpecErrors.Package, $"'{shown}' names no package; write it as name:tag"),
            FieldShape.Word when !schema.Words.Contains(text) =>
                (WordCode(schema), $"'{shown}' is not "
                    + $"{ShapeWords.Of(schema)}{DidYouMean.Sentence(text, schema.Words)}"),
            FieldShape.LabelKey when !LabelRules.IsKey(text) => (SpecErrors.Label, $"'{shown}' is no label key"),
            FieldShape.LabelValue when !LabelRules.IsValue(text) => (SpecErrors.Label, $"'{shown}' is no label value"),
            FieldShape.Digest when !Digest.TryParse(text, out _) =>
                (SpecErrors.Key, $"'{shown}' is no digest; write sha256: and 64 hex digits"),
            FieldShape.PublicKey when !IsPublicKey(text) => (SpecErrors.Key, "this is no public key in base64"),
            FieldShape.ModelPattern when !IsPattern(text) =>
                (SpecErrors.Name, $"'{shown}' is neither a model's name nor a pattern as press-*"),
            _ => null,
        };
    }

    private static ErrorCode WordCode(FieldSchema schema) =>
        schema.Name == "apiVersion" ? SpecErrors.ApiVersion : SpecErrors.Word;

    private static (ErrorCode, string)? TextProblem(string text, FieldSchema schema)
    {
        if (text.Length < schema.Min || text.Length > schema.Max)
        {
            return (SpecErrors.Range, $"the text is outside its length of {ShapeWords.Bounds(schema)}");
        }

        return text.Any(c => char.IsControl(c) && c is not ('\n' or '\t'))
            ? (SpecErrors.Range, "the text holds control characters")
            : null;
    }

    private static (ErrorCode, string)? NumberProblem(bool isRead, long value, string shown, FieldSchema schema)
    {
        if (!isRead)
        {
            return (SpecErrors.Amount, $"'{shown}' is not {ShapeWords.Of(schema)}");
        }

        return value < schema.Min || (schema.Max > 0 && value > schema.Max)
            ? (SpecErrors.Range, $"{shown} is outside {ShapeWords.Bounds(schema)}")
            : null;
    }

    private static (ErrorCode, string)? DecimalProblem(string text, string shown, FieldSchema schema)
    {
        if (!Quantity.TryParseDecimal(text, out double value))
        {
            return (SpecErrors.Amount, $"'{shown}' is not {ShapeWords.Of(schema)}");
        }

        return value < schema.Min || (schema.Max > 0 && value > schema.Max)
            ? (SpecErrors.Range, $"{shown} is outside {ShapeWords.Bounds(schema)}")
            : null;
    }

    private static bool IsPattern(string text) =>
        text == "*" || Ids.IsName(text) || (text.EndsWith('*') && Ids.IsName(text[..^1].TrimEnd('-')));

    private static bool IsPublicKey(string text)
    {
        if (text.Length is 0 or > ManifestLimits.PublicKeyCharsMax)
        {
            return false;
        }

        byte[] der = new byte[text.Length];
        if (!Convert.TryFromBase64String(text, der, out int bytes))
        {
            return false;
        }

        try
        {
            _ = System.Security.Cryptography.X509Certificates.PublicKey.CreateFromSubjectPublicKeyInfo(
                der.AsSpan(0, bytes), out int read);
            return read == bytes;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}
