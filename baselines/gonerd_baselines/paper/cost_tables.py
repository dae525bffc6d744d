"""Tables 2, 4 and 7 of arXiv 2311.13657: what models cost, and what distilling and converting change."""

from __future__ import annotations

from gonerd_baselines.paper.printed_table import table_from_text

__all__ = ["TABLE_2", "TABLE_4", "TABLE_7"]

TABLE_2 = table_from_text(
    "table2",
    "parameters seconds-512 seconds-4096 megabytes-512 megabytes-4096",
    """
    BERT base     | 109.5 0.135 -     4167  -
    BERT large    | 335.1 0.379 -     5171  -
    RoBERTa       | 124.6 0.148 -     4843  -
    LegalBERT     | 109.5 0.135 -     4167  -
    XLM-R         | 278.0 0.237 -     11673 -
    DistilRoBERTa | 82.1  0.089 -     4663  -
    DistilBERT    | 66.4  0.078 -     3987  -
    TinyBERT      | 4.4   0.057 -     3033  -
    MobileBERT    | 24.6  0.072 -     3639  -
    ALBERT        | 11.7  0.128 -     3783  -
    LSG           | 127.8 0.170 1.157 5472  23482
                  | 85.3  0.103 0.641 5292  23302
    Nystromformer | 111.2 0.159 1.866 4291  29059
                  | 68.7  0.090 0.787 4111  28879
    Longformer    | 148.7 0.149 1.110 4077  11881
                  | 95.5  0.075 0.588 3857  11661
    Big Bird      | 127.5 0.158 1.542 4938  26854
                  | 84.9  0.097 0.913 4757  26673
    """,
)
"""Millions; seconds and MB of a batch of 16."""

TABLE_4 = table_from_text(
    "table4",
    "seconds more-seconds megabytes more-megabytes",
    """
    BERT large    | 5.806 +423% 39344 +221%
    BERT base     | 1.833 +65%  29886 +152%
    RoBERTa       | 1.886 +70%  42506 +258%
    DistilBERT    | 0.636 +8%   29706 +155%
    DistilRoBERTa | 0.798 +36%  42326 +163%
    MobileBERT    | 1.274 +117% 24406 +109%
    TinyBERT      | 0.631 +7%   29706 +155%
    Longformer    | 1.110 -     11881 -
                  | 0.588 -     11661 -
    """,
)
"""At 4,096 tokens; the first three rows against Longformer, the compressed ones against its student."""

TABLE_7 = table_from_text(
    "table7",
    "seconds megabytes GLUE SQuAD CoNLL-2003 HotpotQA TriviaQA GONERD",
    """
    RoBERTa | .148   4843   86.35 92.47 93.43 -      -      -
    KD      | -39.9% -3.7%  -4.6% -5.0% +0.5% -      -      -
    Convert | +0.7%  -15.8% -0.5% -2.5% +0.3% 73.48  60.52  70.6
    Both    | -49.3% -20.4% -6.3% -7.0% +0.2% -11.6% -15.0% -4.1%
    """,
)
"""At 512 tokens. Shares are against RoBERTa, and against Longformer (Convert) for the last three."""
