using System.Collections.Immutable;
using System.Globalization;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Core.Manifests;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Kedge.ControlPlane.Manifests;

/// <summary>Builds documents from the parser's events.</summary>
internal sealed class YamlTree(string text)
{
    private readonly Parser _parser = new(new Scanner(new StringReader(text), skipComments: true));
    private int _nodes;

    public ImmutableArray<ManifestNode> ReadDocuments()
    {
        ImmutableArray<ManifestNode>.Builder documents = ImmutableArray.CreateBuilder<ManifestNode>();
        while (MoveNext())
        {
            if (_parser.Current is not DocumentStart start)
            {
                continue;
            }

            if (documents.Count >= Limits.ManifestDocumentsMax)
            {
                string message = string.Create(
                    CultureInfo.InvariantCulture,
                    $"more than {Limits.ManifestDocumentsMax} documents");
                throw Refuse(SpecErrors.TooManyDocuments, message, start);
            }

            Next();
            ManifestNode root = ReadNode(0);
            if (root is not ManifestNode.Scalar { IsQuoted: false, Text: "" })
            {
                documents.Add(root);
            }
        }

        return documents.ToImmutable();
    }

    /// <summary>Reads the value that the parser stands on and leaves it on the value's last event.</summary>
    private ManifestNode ReadNode(int depth)
    {
        ParsingEvent at = Current;
        if (++_nodes > ManifestLimits.NodesMax || depth > ManifestLimits.DepthMax)
        {
            string message = string.Create(
                CultureInfo.InvariantCulture,
                $"more than {ManifestLimits.NodesMax} values or {ManifestLimits.DepthMax} levels");
            throw Refuse(SpecErrors.TooComplex, message, at);
        }

        if (at is AnchorAlias alias)
        {
            throw Refuse(
                SpecErrors.Reference, $"alias *{Shown(alias.Value.Value)} is refused; write the value out", at);
        }

        if (at is NodeEvent { Anchor.IsEmpty: false } anchored)
        {
            throw Refuse(SpecErrors.Reference, $"anchor &{Shown(anchored.Anchor.Value)} is refused", at);
        }

        if (at is NodeEvent { Tag: { IsEmpty: false, IsNonSpecific: false } } tagged)
        {
            throw Refuse(SpecErrors.Reference, $"tag {Shown(tagged.Tag.Value)} is refused", at);
        }

        return at switch
        {
            Scalar scalar => new ManifestNode.Scalar(
                scalar.Value,
                scalar.Style is not (ScalarStyle.Plain or ScalarStyle.Any),
                Line(at),
                Column(at)),
            SequenceStart => ReadSequence(at, depth),
            MappingStart => ReadMapping(at, depth),
            _ => throw Refuse(SpecErrors.Syntax, "a value is expected here", at),
        };
    }

    private ManifestNode.Sequence ReadSequence(ParsingEvent start, int depth)
    {
        ImmutableArray<ManifestNode>.Builder items = ImmutableArray.CreateBuilder<ManifestNode>();
        for (Next(); Current is not SequenceEnd; Next())
        {
            items.Add(ReadNode(depth + 1));
        }

        return new ManifestNode.Sequence(items.ToImmutable(), Line(start), Column(start));
    }

    private ManifestNode.Mapping ReadMapping(ParsingEvent start, int depth)
    {
        ImmutableArray<ManifestEntry>.Builder entries = ImmutableArray.CreateBuilder<ManifestEntry>();
        for (Next(); Current is not MappingEnd; Next())
        {
            if (ReadNode(depth + 1) is not ManifestNode.Scalar key)
            {
                throw Refuse(SpecErrors.Syntax, "the name of a field must be a single word", Current);
            }

            Next();
            entries.Add(new ManifestEntry(key.Text, key.Line, ReadNode(depth + 1)));
        }

        return new ManifestNode.Mapping(entries.ToImmutable(), Line(start), Column(start));
    }

    private ParsingEvent Current => _parser.Current
        ?? throw new YamlRefusal(SpecErrors.Syntax.At("the text breaks off"));

    private void Next()
    {
        if (!MoveNext())
        {
            throw new YamlRefusal(SpecErrors.Syntax.At("the text breaks off"));
        }
    }

    /// <summary>The parser throws other exceptions than its own on some texts that are no YAML, as a plain scalar that
    /// is broken
    /// off by a tab; its own carry the place and are left to the caller.</summary>
    private bool MoveNext()
    {
        try
        {
            return _parser.MoveNext();
        }
        catch (Exception exception) when (exception
            is InvalidOperationException or ArgumentException or IndexOutOfRangeException or FormatException)
        {
            int line = _parser.Current is ParsingEvent last ? (int)last.End.Line : 0;
            throw new YamlRefusal(SpecErrors.Syntax.At("the text behind this place is no YAML", "", line));
        }
    }

    private static YamlRefusal Refuse(ErrorCode code, string message, ParsingEvent at) =>
        new(code.At(message, "", Line(at)));

    private static int Line(ParsingEvent at) => (int)at.Start.Line;

    private static int Column(ParsingEvent at) => (int)at.Start.Column;

    private static string Shown(string text) => text.Length > 40 ? text[..40] + "…" : text;
}
