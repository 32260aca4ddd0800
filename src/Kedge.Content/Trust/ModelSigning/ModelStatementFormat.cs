using System.Collections.Immutable;
using System.Text;
using Kedge.Core;
using Kedge.Core.Errors;

namespace Kedge.Content.Trust.ModelSigning;

/// <summary>
/// The JSON of a <see cref="ModelStatement"/>: an in-toto Statement v1 with the predicate of the OpenSSF model-signing
/// specification 1.0. Written byte for byte as that project's tool 1.0.1 writes it; read with every bound. Only the
/// method <c>files</c> with SHA-256 is read: shards and other hashes get a finding of their own.
/// </summary>
public static class ModelStatementFormat
{
    /// <summary>The payload type of the envelope.</summary>
    public const string PayloadType = "application/vnd.in-toto+json";

    private const string StatementType = "https://in-toto.io/Statement/v1";
    private const string PredicateType = "https://model_signing/signature/v1.0";

    /// <summary>The bytes of <paramref name="statement"/>.</summary>
    public static byte[] Write(ModelStatement statement)
    {
        StringBuilder text = new();
        text.Append("{\n  \"_type\": ").Text(StatementType);
        text.Append(",\n  \"subject\": [\n    {\n      \"name\": ").Text(statement.Name);
        text.Append(",\n      \"digest\": {\n        \"sha256\": ").Text(statement.Root.Hex);
        text.Append("\n      }\n    }\n  ],\n  \"predicateType\": ").Text(PredicateType);
        text.Append(",\n  \"predicate\": {\n    \"serialization\": {\n      \"method\": \"files\",\n");
        text.Append("      \"hash_type\": \"sha256\",\n      \"allow_symlinks\": ");
        text.Append(statement.AllowsLinks ? "true" : "false");
        if (!statement.IgnoredPaths.IsEmpty)
        {
            text.Append(",\n      \"ignore_paths\": [");
            text.Items(statement.IgnoredPaths, static (text, path) => text.Append("\n        ").Text(path));
            text.Append("\n      ]");
        }

        text.Append("\n    },\n    \"resources\": [");
        text.Items(statement.Resources, static (text, resource) => text
            .Append("\n      {\n        \"algorithm\": \"sha256\",\n        \"digest\": ").Text(resource.Digest.Hex)
            .Append(",\n        \"name\": ").Text(resource.Name).Append("\n      }"));
        text.Append("\n    ]\n  }\n}");
        return Encoding.ASCII.GetBytes(text.ToString());
    }

    /// <summary>Reads a statement whose signature was verified. Never throws, whatever the bytes.</summary>
    /// <param name="json">The payload of the envelope.</param>
    /// <param name="finding">What is wrong; null when there is a statement.</param>
    public static ModelStatement? TryRead(ReadOnlySpan<byte> json, out Finding? finding)
    {
        JsonCursor cursor = new(json);
        Parts parts = new();
        if (!TryStatement(ref cursor, parts) || !cursor.TryEnd())
        {
            finding = ModelSigningErrors.Statement.At($"The statement cannot be read: {cursor.Failure}.");
            return null;
        }

        finding = Unsupported(parts) ?? PathFinding(parts.Resources);
        if (finding is not null)
        {
            return null;
        }

        ModelStatement statement = new()
        {
            Name = parts.Subjects[0].Name,
            Resources = parts.Resources,
            IgnoredPaths = parts.Ignored,
            AllowsLinks = parts.AllowsLinks,
        };
        if (statement.Root != parts.Subjects[0].Digest)
        {
            finding = ModelSigningErrors.Root.At(
                $"Stated is {parts.Subjects[0].Digest.Short}, its files give {statement.Root.Short}.");
            return null;
        }

        return statement;
    }

    private static Finding? Unsupported(Parts parts) => (parts.Type, parts.Predicate, parts.Method, parts.Hash) switch
    {
        (not StatementType, _, _, _) => ModelSigningErrors.Statement.At($"Its type is '{parts.Type}'."),
        (_, not PredicateType, _, _) => ModelSigningErrors.Statement.At($"Its predicate is '{parts.Predicate}'."),
        (_, _, not "files", _) => ModelSigningErrors.Statement.At($"Its method is '{parts.Method}', not 'files'."),
        (_, _, _, not "sha256") => ModelSigningErrors.Statement.At($"Its hash is '{parts.Hash}', not SHA-256."),
        _ when parts.Subjects.Length != 1 => ModelSigningErrors.Statement.At(
            $"It has {parts.Subjects.Length} subjects, not one."),
        _ when parts.Resources.IsEmpty => ModelSigningErrors.Statement.At("It names no file."),
        _ => null,
    };

    private static Finding? PathFinding(ImmutableArray<SignedFile> resources)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (SignedFile resource in resources)
        {
            if (!IsPath(resource.Name) && !(resource.Name == SignedFile.WholeModel && resources.Length == 1))
            {
                return ModelSigningErrors.Path.At($"'{resource.Name}' is no path within a model.");
            }

            if (!names.Add(resource.Name))
            {
                return ModelSigningErrors.Path.At($"'{resource.Name}' is listed twice.");
            }
        }

        return null;
    }

    /// <summary>True for a relative path of named parts: nothing that could lead out of the folder.</summary>
    public static bool IsPath(string path) =>
        path.Length > 0 && !path.Contains('\0', StringComparison.Ordinal)
        && path.Split('/').All(static part => part is not ("" or "." or ".."));

    private static bool TryStatement(ref JsonCursor cursor, Parts parts)
    {
        UniqueFields fields = new();
        if (!cursor.TryObject())
        {
            return false;
        }

        while (fields.TryNext(ref cursor, out string field))
        {
            bool read = field switch
            {
                "_type" => cursor.TryText(ContentLimits.PayloadTypeCharsMax, out parts.Type),
                "subject" => JsonLists.TryItems(
                    ref cursor, ContentLimits.SignaturesMax, TrySubject, out parts.Subjects),
                "predicateType" => cursor.TryText(ContentLimits.PayloadTypeCharsMax, out parts.Predicate),
                "predicate" => TryPredicate(ref cursor, parts),
                _ => cursor.TrySkip(),
            };
            if (!read)
            {
                return false;
            }
        }

        return cursor.Failure is null;
    }

    private static bool TryPredicate(ref JsonCursor cursor, Parts parts)
    {
        UniqueFields fields = new();
        if (!cursor.TryObject())
        {
            return false;
        }

        while (fields.TryNext(ref cursor, out string field))
        {
            bool read = field switch
            {
                "serialization" => TrySerialization(ref cursor, parts),
                "resources" => JsonLists.TryItems(
                    ref cursor, ContentLimits.SignedFilesMax, TryResource, out parts.Resources),
                _ => cursor.TrySkip(),
            };
            if (!read)
            {
                return false;
            }
        }

        return cursor.Failure is null;
    }

    private static bool TrySerialization(ref JsonCursor cursor, Parts parts)
    {
        UniqueFields fields = new();
        if (!cursor.TryObject())
        {
            return false;
        }

        while (fields.TryNext(ref cursor, out string field))
        {
            bool read = field switch
            {
                "method" => cursor.TryText(ContentLimits.FieldCharsMax, out parts.Method),
                "hash_type" => cursor.TryText(ContentLimits.FieldCharsMax, out parts.Hash),
                "allow_symlinks" => cursor.TryFlag(out parts.AllowsLinks),
                "ignore_paths" => JsonLists.TryTexts(
                    ref cursor, ContentLimits.IgnoredPathsMax, ContentLimits.SignedPathCharsMax, out parts.Ignored),
                _ => cursor.TrySkip(),
            };
            if (!read)
            {
                return false;
            }
        }

        return cursor.Failure is null;
    }

    private static bool TrySubject(ref JsonCursor cursor, out SignedFile? subject)
    {
        subject = null;
        UniqueFields fields = new();
        string name = "";
        Digest digest = default;
        if (!cursor.TryObject())
        {
            return false;
        }

        while (fields.TryNext(ref cursor, out string field))
        {
            bool read = field switch
            {
                "name" => cursor.TryText(ContentLimits.SignedPathCharsMax, out name),
                "digest" => TryDigestSet(ref cursor, out digest),
                _ => cursor.TrySkip(),
            };
            if (!read)
            {
                return false;
            }
        }

        subject = new SignedFile(name, digest);
        return cursor.Failure is null && (!digest.IsNone || cursor.Fail("a subject has no SHA-256 digest"));
    }

    private static bool TryDigestSet(ref JsonCursor cursor, out Digest digest)
    {
        digest = default;
        UniqueFields fields = new();
        if (!cursor.TryObject())
        {
            return false;
        }

        while (fields.TryNext(ref cursor, out string field))
        {
            if (!(field == "sha256" ? TryHex(ref cursor, out digest) : cursor.TrySkip()))
            {
                return false;
            }
        }

        return cursor.Failure is null;
    }

    private static bool TryResource(ref JsonCursor cursor, out SignedFile? resource)
    {
        resource = null;
        UniqueFields fields = new();
        string name = "", algorithm = "", hex = "";
        if (!cursor.TryObject())
        {
            return false;
        }

        while (fields.TryNext(ref cursor, out string field))
        {
            bool read = field switch
            {
                "name" => cursor.TryText(ContentLimits.SignedPathCharsMax, out name),
                "algorithm" => cursor.TryText(ContentLimits.FieldCharsMax, out algorithm),
                "digest" => cursor.TryText(ContentLimits.SignatureCharsMax, out hex),
                _ => cursor.TrySkip(),
            };
            if (!read)
            {
                return false;
            }
        }

        if (cursor.Failure is not null)
        {
            return false;
        }

        if (algorithm != "sha256" || !Digest.TryParse("sha256:" + hex, out Digest digest))
        {
            return cursor.Fail("a file has no SHA-256 digest");
        }

        resource = new SignedFile(name, digest);
        return true;
    }

    private static bool TryHex(ref JsonCursor cursor, out Digest digest)
    {
        digest = default;
        return cursor.TryText(ContentLimits.SignatureCharsMax, out string hex)
            && (Digest.TryParse("sha256:" + hex, out digest) || cursor.Fail("64 hex digits are expected"));
    }

    /// <summary>What was read so far.</summary>
    private sealed class Parts
    {
        public string Type = "";
        public string Predicate = "";
        public string Method = "";
        public string Hash = "";
        public bool AllowsLinks;
        public ImmutableArray<SignedFile> Subjects = [];
        public ImmutableArray<SignedFile> Resources = [];
        public ImmutableArray<string> Ignored = [];
    }
}
