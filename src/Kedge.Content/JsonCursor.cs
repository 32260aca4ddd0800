using System.Text.Json;
using Kedge.Core;

namespace Kedge.Content;

/// <summary>Walks JSON from outside (RFC 8259) without ever throwing: once something is wrong, every question answers
/// false and <see cref="Failure"/> says what and where. Fields that the caller does not ask for are skipped.</summary>
internal ref struct JsonCursor
{
    private Utf8JsonReader _reader;
    private int _counted;

    // The entries of a long list have the same few fields: their names are made once.
    private string? _nameLast;
    private string? _nameBefore;

    public JsonCursor(ReadOnlySpan<byte> json)
    {
        _reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = ContentLimits.JsonDepthMax });
        _ = TryAdvance();
    }

    /// <summary>What is wrong; null while all is well.</summary>
    public string? Failure { get; private set; }

    /// <summary>True when the current value is <c>null</c>.</summary>
    public readonly bool IsNull => Failure is null && _reader.TokenType == JsonTokenType.Null;

    public bool Fail(string what)
    {
        Failure ??= $"{what} at byte {_reader.TokenStartIndex}";
        return false;
    }

    /// <summary>
    /// Counts one more of what a whole document may have so many of, in however many lists. One kind for a cursor.
    /// </summary>
    public bool TryCount(int countMax, string what) =>
        ++_counted <= countMax || Fail($"the document has more than {countMax} {what}");

    /// <summary>Steps into the object that the cursor stands on.</summary>
    public bool TryObject() => TryToken(JsonTokenType.StartObject, "an object is expected");

    /// <summary>Steps into the array that the cursor stands on.</summary>
    public bool TryArray() => TryToken(JsonTokenType.StartArray, "a list is expected");

    /// <summary>Moves to the next field's value; false at the object's end, and on failure.</summary>
    public bool TryField(out string name)
    {
        name = "";
        if (!TryAdvance() || _reader.TokenType == JsonTokenType.EndObject)
        {
            return false;
        }

        return TryName(out name) && TryAdvance();
    }

    /// <summary>Moves to the next item of an array; false at its end, and on failure.</summary>
    public bool TryItem() => TryAdvance() && _reader.TokenType != JsonTokenType.EndArray;

    /// <summary>Reads a string of at most <paramref name="charsMax"/> characters.</summary>
    public bool TryText(int charsMax, out string text)
    {
        text = "";
        return TryToken(JsonTokenType.String, "a text is expected") && TryString(charsMax, out text);
    }

    /// <summary>Reads a digest; a text that is none is kept as none, for the caller's checks to find.</summary>
    public bool TryDigest(out Digest digest)
    {
        digest = default;
        if (Failure is null && _reader is { TokenType: JsonTokenType.String, ValueIsEscaped: false }
            && Digest.TryParse(_reader.ValueSpan, out digest))
        {
            return true;
        }

        bool read = TryText(Digest.TextChars, out string text);
        _ = Digest.TryParse(text, out digest);
        return read;
    }

    /// <summary>Reads a whole number of 64 bits.</summary>
    public bool TryNumber(out long number)
    {
        number = 0;
        return TryToken(JsonTokenType.Number, "a number is expected")
            && (_reader.TryGetInt64(out number) || Fail("a whole number of 64 bits is expected"));
    }

    /// <summary>Reads a whole number of 32 bits.</summary>
    public bool TryNumber(out int number)
    {
        number = 0;
        return TryToken(JsonTokenType.Number, "a number is expected")
            && (_reader.TryGetInt32(out number) || Fail("a whole number of 32 bits is expected"));
    }

    /// <summary>Reads a number that may have a fraction; one too large for 64 bits is infinite.</summary>
    public bool TryNumber(out double number)
    {
        number = 0;
        return TryToken(JsonTokenType.Number, "a number is expected")
            && (_reader.TryGetDouble(out number) || Fail("a number of 64 bits is expected"));
    }

    public bool TryFlag(out bool flag)
    {
        flag = _reader.TokenType == JsonTokenType.True;
        return Failure is null && (flag || TryToken(JsonTokenType.False, "true or false is expected"));
    }

    /// <summary>Passes over the current value, whatever it is.</summary>
    public bool TrySkip()
    {
        if (Failure is not null)
        {
            return false;
        }

        try
        {
            _reader.Skip();
            return true;
        }
        catch (JsonException exception)
        {
            return Fail(exception.Message);
        }
    }

    /// <summary>True when nothing went wrong and nothing but white space follows the outermost value.</summary>
    public bool TryEnd() => Failure is null && !TryAdvance(atEnd: true) && Failure is null;

    private bool TryName(out string name)
    {
        if (_nameBefore is not null && _reader.ValueTextEquals(_nameBefore))
        {
            (_nameBefore, _nameLast) = (_nameLast, _nameBefore);
        }
        else if (_nameLast is null || !_reader.ValueTextEquals(_nameLast))
        {
            if (!TryString(ContentLimits.FieldNameCharsMax, out name))
            {
                return false;
            }

            (_nameBefore, _nameLast) = (_nameLast, name);
        }

        name = _nameLast!; // Both cases set it.
        return true;
    }

    private bool TryToken(JsonTokenType type, string expected) =>
        Failure is null && (_reader.TokenType == type || Fail(expected));

    private bool TryAdvance(bool atEnd = false)
    {
        if (Failure is not null)
        {
            return false;
        }

        try
        {
            return _reader.Read() || (!atEnd && Fail("the document ends early"));
        }
        catch (JsonException exception)
        {
            return Fail(exception.Message);
        }
    }

    private bool TryString(int charsMax, out string text)
    {
        text = "";

        // An escape takes up to six bytes for one character, so a longer value cannot be within bounds.
        if (_reader.ValueSpan.Length / 6 > charsMax)
        {
            return Fail($"a text has more than {charsMax} characters");
        }

        try
        {
            text = _reader.GetString() ?? "";
        }
        catch (InvalidOperationException)
        {
            // The reader's way of saying that the text is not valid UTF-8, or half of a surrogate pair.
            return Fail("a text is not valid Unicode");
        }

        return text.Length <= charsMax || Fail($"a text has more than {charsMax} characters");
    }
}
